#include "controller/admin/fleet_view.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/admin/wire.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

bool Votes(const VantageSnapshot& vantage) {
  return vantage.connected && vantage.abstention == Abstention::kNone;
}

std::string AbstentionOf(const VantageSnapshot& vantage) {
  if (vantage.abstention != Abstention::kNone) {
    return std::string(AbstentionWords(vantage.abstention));
  }
  return vantage.connected ? "" : std::string(AbstentionWords(Abstention::kDisconnected));
}

std::string VantageWords(const VantageSnapshot& vantage) {
  if (Votes(vantage) && !vantage.doubted_on.empty()) {
    return absl::StrCat("votes, doubted on ", absl::StrJoin(vantage.doubted_on, ", "));
  }
  if (Votes(vantage)) return "votes";
  const std::string why = vantage.why.empty() ? "" : absl::StrCat(", ", Printable(vantage.why));
  return absl::StrCat("abstains: ", AbstentionOf(vantage), why);
}

absl::string_view UpstreamWords(Upstream upstream) {
  switch (upstream) {
    case Upstream::kUnknown:
      return "unknown";
    case Upstream::kAnswered:
      return "answered";
    case Upstream::kRefused:
      return "refused";
    case Upstream::kNoChannel:
      return "no channel";
  }
  return "?";
}

std::string TransportWords(const std::string& transport) {
  if (transport.empty()) return "";
  return absl::StrContains(transport, "clear") ? "tunnel in clear"
                                               : absl::StrCat("tunnel ", Printable(transport));
}

std::string ExitServiceWords(const ExitStatus::Service& service) {
  std::string words = service.open ? "OPEN" : "dark";
  absl::StrAppend(&words, service.listening ? "" : ", not listening", ", tunnel ",
                  service.tunnel_up ? "up" : "DOWN");
  if (service.tunnel_for > absl::ZeroDuration()) {
    absl::StrAppend(&words, " ", Span(service.tunnel_for));
  }
  if (service.upstream == Upstream::kRefused || service.upstream == Upstream::kNoChannel) {
    absl::StrAppend(&words, ", origin: ", UpstreamWords(service.upstream));
  }
  if (service.visitors > 0) absl::StrAppend(&words, ", ", Counted(service.visitors, "visitor"));
  if (!service.trouble.empty()) absl::StrAppend(&words, ", ", Printable(service.trouble));
  return words;
}

v1::ExitServiceView MakeExitServiceView(const std::string& name, bool connected,
                                        const ExitStatus::Service& service) {
  v1::ExitServiceView proto;
  proto.set_service(Printable(name));
  const bool well = service.listening && service.tunnel_up && service.trouble.empty();
  proto.set_mark(!connected ? v1::MARK_SILENT : well ? v1::MARK_OK : v1::MARK_WARNING);
  proto.set_open(service.open);
  proto.set_listening(service.listening);
  proto.set_tunnel_up(service.tunnel_up);
  *proto.mutable_tunnel_for() = ToProto(service.tunnel_for);
  proto.set_upstream(std::string(UpstreamWords(service.upstream)));
  proto.set_visitors(service.visitors);
  proto.set_visitors_total(service.visitors_total);
  proto.set_bytes_in_total(service.bytes_in_total);
  proto.set_bytes_out_total(service.bytes_out_total);
  proto.set_trouble(Printable(service.trouble));
  proto.set_words(ExitServiceWords(service));
  return proto;
}

v1::Mark MarkOf(LeverState state) {
  switch (state) {
    case LeverState::kOk:
      return v1::MARK_OK;
    case LeverState::kUnchecked:
      return v1::MARK_SILENT;
    case LeverState::kErr:
    case LeverState::kFrozen:
      return v1::MARK_WARNING;
    case LeverState::kDown:
    case LeverState::kUnauthorized:
      return v1::MARK_FAILING;
  }
  return v1::MARK_UNSPECIFIED;
}

}  // namespace

v1::VantageView MakeVantageView(const VantageSnapshot& vantage) {
  v1::VantageView proto;
  proto.set_name(vantage.vantage.name);
  proto.set_mark(!vantage.connected                             ? v1::MARK_SILENT
                 : Votes(vantage) && vantage.doubted_on.empty() ? v1::MARK_OK
                                                                : v1::MARK_WARNING);
  proto.set_weight(vantage.vantage.weight);
  proto.set_asn(vantage.vantage.asn);
  proto.set_country(vantage.vantage.country);
  proto.set_connected(vantage.connected);
  proto.set_address(Printable(vantage.address));
  proto.set_version(Printable(vantage.version, 100));
  *proto.mutable_lag() = ToProto(vantage.lag);
  *proto.mutable_round_trip() = ToProto(vantage.round_trip);
  proto.set_observations(vantage.observations);
  proto.set_late(vantage.late);
  proto.set_refused(vantage.refused);
  proto.set_dropped(vantage.dropped);
  proto.set_panel_good(vantage.panel_good);
  proto.set_panel_size(vantage.panel_size);
  proto.set_abstention(AbstentionOf(vantage));
  proto.set_why(Printable(vantage.why));
  proto.set_words(VantageWords(vantage));
  return proto;
}

v1::ExitView MakeExitView(const ExitSnapshot& exit) {
  v1::ExitView proto;
  proto.set_name(exit.name);
  for (const std::string& address : exit.addresses) proto.add_addresses(address);
  proto.set_asn(exit.asn);
  proto.set_country(exit.country);
  const ExitStatus& status = exit.status;
  proto.set_connected(status.connected);
  proto.set_version(Printable(status.version, 100));
  proto.set_transport(Printable(status.transport, 100));
  proto.set_trouble(Printable(status.trouble));
  proto.set_address(Printable(status.address));
  *proto.mutable_highest_epoch() = ToProto(status.highest_epoch);
  bool well = status.connected && status.trouble.empty();
  for (const auto& [name, service] : status.services) {
    *proto.add_services() = MakeExitServiceView(name, status.connected, service);
    well = well && proto.services().rbegin()->mark() == v1::MARK_OK;
  }
  proto.set_mark(well ? v1::MARK_OK : status.connected ? v1::MARK_WARNING : v1::MARK_FAILING);
  std::vector<std::string> words = {status.connected ? "connected" : "NOT CONNECTED",
                                    TransportWords(status.transport), Printable(status.trouble)};
  words.erase(std::remove(words.begin(), words.end(), ""), words.end());
  proto.set_words(absl::StrJoin(words, ", "));
  return proto;
}

v1::LeverView MakeLeverView(const LeverSnapshot& lever) {
  v1::LeverView proto;
  proto.set_name(lever.name);
  proto.set_mark(MarkOf(lever.health.state));
  proto.set_kind(lever.kind);
  proto.set_zone(lever.zone);
  proto.set_state(std::string(LeverStateName(lever.health.state)));
  proto.set_why(Printable(lever.health.why));
  for (const std::string& service : lever.arms) proto.add_arms(service);
  return proto;
}

v1::ServerView MakeServerView(const ServerAnswer& answer) {
  v1::ServerView proto;
  proto.set_server(Printable(answer.server, 300));
  proto.set_detail(Printable(answer.detail, 300));
  switch (answer.state) {
    case ServerState::kProven:
      proto.set_mark(v1::MARK_OK);
      proto.set_state("PROVEN");
      break;
    case ServerState::kStale:
      proto.set_mark(v1::MARK_HOLDING);
      proto.set_state("STALE");
      break;
    case ServerState::kSilent:
      proto.set_mark(v1::MARK_SILENT);
      proto.set_state("SILENT");
      break;
    case ServerState::kUnasked:
      proto.set_mark(v1::MARK_SILENT);
      proto.set_state("UNASKED");
      break;
  }
  return proto;
}

std::string VantagesLine(const std::vector<VantageSnapshot>& vantages) {
  if (vantages.empty()) return "none is configured: nobody watches";
  std::map<std::string, std::vector<std::string>> abstainers;  // by reason
  std::set<uint32_t> networks;
  std::set<std::string> countries;
  std::vector<std::string> doubted;
  size_t voters = 0;
  for (const VantageSnapshot& vantage : vantages) {
    if (!vantage.doubted_on.empty()) {
      doubted.push_back(
          absl::StrCat(vantage.vantage.name, " (", absl::StrJoin(vantage.doubted_on, ", "), ")"));
    }
    if (!Votes(vantage)) {
      abstainers[AbstentionOf(vantage)].push_back(vantage.vantage.name);
      continue;
    }
    ++voters;
    networks.insert(vantage.vantage.asn);
    if (!vantage.vantage.country.empty()) countries.insert(vantage.vantage.country);
  }
  const size_t abstain = vantages.size() - voters;
  std::string line = absl::StrCat(voters, voters == 1 ? " votes, " : " vote, ", abstain,
                                  abstain == 1 ? " abstains" : " abstain");
  absl::string_view before = ": ";
  for (const auto& [reason, names] : abstainers) {
    absl::StrAppend(&line, before, absl::StrJoin(names, ", "), " (", reason, ")");
    before = "; ";
  }
  absl::StrAppend(&line, " · ", networks.size(), " AS, ", countries.size(),
                  countries.size() == 1 ? " country" : " countries");
  if (!doubted.empty()) absl::StrAppend(&line, " · doubted: ", absl::StrJoin(doubted, ", "));
  return line;
}

}  // namespace lifeboat::admin
