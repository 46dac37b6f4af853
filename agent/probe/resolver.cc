#include "agent/probe/resolver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/probe/resolver_channel.h"

namespace lifeboat::agent {
namespace {

constexpr absl::Duration DeadAfter() { return absl::Seconds(3); }

}  // namespace

Resolver::Resolver(EventLoop& loop) : loop_(loop) { ares_library_init(ARES_LIB_INIT_ALL); }

Resolver::~Resolver() {
  for (const auto& [id, lookup] : lookups_) loop_.Cancel(lookup.timer);
  lookups_.clear();  // the channels' last replies then find nobody
  channels_.clear();
  retired_.clear();
  ares_library_cleanup();
}

Resolver::Id Resolver::Resolve(const Question& question, Done done) {
  const Id id = ++last_id_;
  DropRetired();
  const size_t servers = std::max<size_t>(question.resolvers.size(), 1);
  Lookup& lookup = lookups_[id];
  lookup.done = std::move(done);
  lookup.deadline = question.deadline;
  for (const Endpoint& resolver : question.resolvers) {
    lookup.servers.push_back({.says = absl::StrCat(resolver.ToString(), ": no answer")});
  }
  if (question.resolvers.empty()) {
    lookup.servers.push_back({.says = "the system's resolvers: no answer"});
  }
  const bool a = !question.source || question.source->is_v4();
  const bool aaaa = !question.source || !question.source->is_v4();
  lookup.a_pending = a ? static_cast<int>(servers) : 0;
  lookup.aaaa_pending = aaaa ? static_cast<int>(servers) : 0;
  const Instant now = loop_.Now();
  lookup.timer = loop_.At(now + (question.deadline - now) / 2, [this, id] { OnHalfTime(id); });
  if (!unanswered_since_) unanswered_since_ = now;
  for (size_t server = 0; server < servers; ++server) AskServer(id, question, server);
  return id;
}

void Resolver::Cancel(Id id) {
  const auto found = lookups_.find(id);
  if (found == lookups_.end()) return;
  loop_.Cancel(found->second.timer);
  lookups_.erase(found);
}

bool Resolver::Dead() const {
  return unanswered_since_ && loop_.Now() - *unanswered_since_ >= DeadAfter();
}

ResolverChannel& Resolver::ChannelFor(const ChannelKey& key) {
  std::unique_ptr<ResolverChannel>& channel = channels_[key];
  if (channel != nullptr && channel->IsOld()) retired_.push_back(std::move(channel));
  if (channel == nullptr) {
    channel = std::make_unique<ResolverChannel>(loop_, *this, key.first, key.second);
  }
  return *channel;
}

void Resolver::AskServer(Id id, const Question& question, size_t server) {
  std::optional<Endpoint> endpoint;
  if (!question.resolvers.empty()) endpoint = question.resolvers[server];
  ResolverChannel& channel = ChannelFor({endpoint, question.source});
  if (!question.source || question.source->is_v4()) channel.Ask(question.name, true, id, server);
  if (!question.source || !question.source->is_v4()) channel.Ask(question.name, false, id, server);
}

void Resolver::OnReply(Id id, size_t server, bool is_a, Reply reply,
                       std::vector<IpAddress> addresses, absl::string_view failure) {
  if (reply != Reply::kSilence) unanswered_since_.reset();
  const auto found = lookups_.find(id);
  if (found == lookups_.end() || found->second.finished) return;
  Lookup& lookup = found->second;
  (is_a ? lookup.a_pending : lookup.aaaa_pending)--;
  Server& teller = lookup.servers[server];
  if (reply != Reply::kAddresses) {
    teller.says = absl::StrCat(teller.says.substr(0, teller.says.rfind(": ")), ": ", failure);
  }
  if (is_a && reply == Reply::kAddresses) return Finish(id, {std::move(addresses), ""});
  if (is_a) {
    teller.has_no_a = reply == Reply::kNoAddress;
  } else if (reply == Reply::kAddresses) {
    teller.has_aaaa = true;
    if (lookup.aaaa.empty()) lookup.aaaa = std::move(addresses);
  }
  Decide(id);
}

void Resolver::OnHalfTime(Id id) {
  Lookup& lookup = lookups_.at(id);
  lookup.impatient = true;
  lookup.timer = loop_.At(lookup.deadline, [this, id] { Fail(id); });
  Decide(id);
}

// IPv6 only once IPv4 is not to be expected: a machine without IPv6 must not fail a healthy edge.
// One server that knows both answers is enough, or a silent one would fail a name without IPv4.
void Resolver::Decide(Id id) {
  Lookup& lookup = lookups_.at(id);
  const bool no_a_exists =
      std::any_of(lookup.servers.begin(), lookup.servers.end(),
                  [](const Server& server) { return server.has_no_a && server.has_aaaa; });
  const bool wants_a = lookup.a_pending > 0 && !no_a_exists && !lookup.impatient;
  if (!lookup.aaaa.empty() && !wants_a) return Finish(id, {std::move(lookup.aaaa), ""});
  if (lookup.a_pending == 0 && lookup.aaaa_pending == 0) Fail(id);
}

void Resolver::Fail(Id id) {
  const std::string failure = absl::StrJoin(
      lookups_.at(id).servers, "; ",
      [](std::string* out, const Server& server) { absl::StrAppend(out, server.says); });
  Finish(id, {{}, failure});
}

// `done` runs from a timer of the same turn: from within c-ares nobody may start another lookup.
void Resolver::Finish(Id id, Answer answer) {
  Lookup& lookup = lookups_.at(id);
  loop_.Cancel(lookup.timer);
  lookup.finished = true;
  lookup.timer = loop_.At(loop_.Now(), [this, id, answer = std::move(answer)] {
    const Done done = std::move(lookups_.at(id).done);
    lookups_.erase(id);
    done(answer);
  });
}

void Resolver::DropRetired() {
  std::erase_if(retired_, [](const auto& channel) { return channel->open_questions() == 0; });
}

}  // namespace lifeboat::agent
