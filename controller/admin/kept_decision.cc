#include "controller/admin/kept_decision.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/admin/view.h"
#include "controller/admin/words.h"
#include "google/protobuf/util/json_util.h"

namespace lifeboat::admin {
namespace {

std::string ToJson(const v1::StatusView& view) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails only for what our own messages never hold: an Any of unknown type, a broken time.
  return google::protobuf::util::MessageToJsonString(view, &json, options).ok() ? json : "";
}

v1::StatusView ViewOf(const Decision& decision) {
  Snapshot snapshot;
  snapshot.now = decision.now;
  snapshot.wall = decision.wall;
  snapshot.epoch = decision.epoch;
  snapshot.services = {decision.service};
  v1::StatusView view = MakeStatusView(snapshot, decision.now);
  // Of the whole controller nothing is known here.
  view.clear_headline();
  view.clear_vantages_line();
  view.clear_next_command();
  view.mutable_services(0)->clear_levers_words();
  if (decision.service.paths.empty()) return view;
  for (const Ballot& ballot : decision.service.paths.front().ballots) {
    v1::VantageView& vantage = *view.add_vantages();
    vantage.set_name(ballot.vantage.name);
    vantage.set_weight(ballot.vantage.weight);
    vantage.set_asn(ballot.vantage.asn);
    vantage.set_country(ballot.vantage.country);
  }
  return view;
}

// Drops what the tables do not show.
void DropParticulars(v1::ServiceView& service) {
  for (v1::PathView& path : *service.mutable_paths()) {
    for (v1::BallotView& ballot : *path.mutable_ballots()) {
      ballot.clear_pinned();
      ballot.clear_by_name();
      ballot.set_why(Printable(ballot.why(), 60));
    }
  }
}

void DropVotes(v1::StatusView& view) {
  int votes = 0;
  for (v1::PathView& path : *view.mutable_services(0)->mutable_paths()) {
    votes += path.ballots_size();
    path.clear_ballots();
  }
  view.clear_vantages();
  view.add_troubles(absl::StrCat(votes, " votes were too many to be kept one by one"));
}

// What is left when even that is too much: sentences.
void DropAllButSentences(v1::StatusView& view) {
  const v1::ServiceView whole = view.services(0);
  v1::ServiceView& service = *view.mutable_services(0);
  service.Clear();
  service.set_name(whole.name());
  service.set_mark(whole.mark());
  service.set_phase(whole.phase());
  service.set_attribution(whole.attribution());
  for (const std::string& sentence : whole.summary()) {
    service.add_summary(Printable(sentence, 1000));
  }
  view.add_troubles("the rest was too large to be kept");
}

}  // namespace

std::string Keep(const Decision& decision, size_t most_bytes) {
  v1::StatusView view = ViewOf(decision);
  std::string kept = ToJson(view);
  if (kept.size() <= most_bytes) return kept;
  DropParticulars(*view.mutable_services(0));
  kept = ToJson(view);
  if (kept.size() <= most_bytes) return kept;
  DropVotes(view);
  kept = ToJson(view);
  if (kept.size() <= most_bytes) return kept;
  DropAllButSentences(view);
  kept = ToJson(view);
  return kept.size() <= most_bytes ? kept : "";
}

std::optional<v1::StatusView> Recall(const std::string& kept) {
  if (!absl::StartsWith(kept, "{")) return std::nullopt;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  v1::StatusView view;
  if (!google::protobuf::util::JsonStringToMessage(kept, &view, options).ok()) return std::nullopt;
  return view.services_size() == 1 ? std::optional<v1::StatusView>(std::move(view)) : std::nullopt;
}

}  // namespace lifeboat::admin
