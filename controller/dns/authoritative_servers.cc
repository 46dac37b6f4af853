#include "controller/dns/authoritative_servers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/dns/dns_message.h"

namespace lifeboat {
namespace {

// The proof of a first move may wait for all this: who is slower than that counts as silent.
constexpr absl::Duration kMostPatience = absl::Seconds(1);

// Whether anything at all came back. A server that cannot be asked from here is not silent.
bool IsSilence(const absl::StatusOr<DnsAnswer>& answer) {
  return absl::IsDeadlineExceeded(answer.status()) || absl::IsUnavailable(answer.status()) ||
         absl::IsUnknown(answer.status());
}

std::vector<std::string> NamesOfServers(absl::string_view zone, const DnsAnswer& answer) {
  std::vector<std::string> names;
  for (const ResourceRecord& record : answer.answers) {
    if (record.type == RrType::kNs && record.owner == zone) names.push_back(record.value);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void Add(const std::vector<IpAddress>& more, std::vector<IpAddress>& addresses) {
  for (const IpAddress& address : more) {
    const bool known = std::find(addresses.begin(), addresses.end(), address) != addresses.end();
    if (!known) addresses.push_back(address);
  }
}

void AddAddresses(const Records& records, std::vector<IpAddress>& addresses) {
  for (const Record& record : records) {
    const absl::StatusOr<IpAddress> address = IpAddress::Parse(record.value);
    if (address.ok()) Add({*address}, addresses);  // a CNAME's value is none
  }
}

void AddBothFamilies(DnsQuestion question, std::vector<DnsQuestion>& questions) {
  for (const RrType type : {RrType::kA, RrType::kAaaa}) {
    question.type = type;
    questions.push_back(question);
  }
}

}  // namespace

std::string AuthoritativeServer::ToString() const {
  return name.empty() ? endpoint.ToString() : absl::StrCat(name, " ", endpoint.ToString());
}

AuthoritativeServers::AuthoritativeServers(Options options, const DnsClient& client,
                                           const Clock& clock)
    : options_(std::move(options)), client_(client), clock_(clock) {
  options_.timeout = std::min(options_.timeout, kMostPatience);
  for (const Endpoint& server : options_.fixed) list_.push_back({.endpoint = server});
}

absl::Status AuthoritativeServers::Refresh() {
  const absl::Status looked_up = options_.fixed.empty() ? LookUp() : absl::OkStatus();
  if (list().empty()) {
    return absl::UnavailableError(
        absl::StrCat("no authoritative server of zone ", options_.zone,
                     " is known: ", looked_up.ok() ? "no NS has an address" : Words(looked_up),
                     "; list them under `authoritative`"));
  }
  AskForLife();
  return absl::OkStatus();
}

absl::Status AuthoritativeServers::LookUp() {
  absl::StatusOr<DnsAnswer> answer =
      client_.Ask({options_.primary, options_.zone, RrType::kNs}, options_.timeout);
  if (!answer.ok()) return answer.status();
  RETURN_IF_ERROR(Annotate(CheckAuthority(*answer), options_.primary.ToString()));

  Addresses known;
  {
    MutexLock lock(mutex_);
    known = known_;
  }
  Addresses found;
  std::vector<DnsQuestion> questions;
  for (const std::string& name : NamesOfServers(options_.zone, *answer)) {
    AddAddresses(RecordsOf(name, answer->additional), found[name]);
    AddBothFamilies({options_.primary, name}, questions);
  }
  AskAddresses(questions, known, found);
  questions.clear();
  for (const auto& [name, addresses] : found) {
    if (!addresses.empty()) continue;
    for (const Endpoint& resolver : options_.resolvers) {
      AddBothFamilies({.server = resolver, .name = name, .recursion_desired = true}, questions);
    }
  }
  AskAddresses(questions, known, found);

  MutexLock lock(mutex_);
  list_.clear();
  without_address_.clear();
  for (const auto& [name, addresses] : found) {
    if (addresses.empty()) without_address_.push_back(name);
    for (const IpAddress& address : addresses) {
      list_.push_back({.name = name, .endpoint = {address, options_.port}});
    }
  }
  known_ = std::move(found);
  return absl::OkStatus();
}

// Where a question finds no answer, what was known of that name stays.
void AuthoritativeServers::AskAddresses(const std::vector<DnsQuestion>& questions,
                                        const Addresses& known, Addresses& addresses) const {
  const std::vector<absl::StatusOr<DnsAnswer>> answers =
      client_.AskAll(questions, options_.timeout);
  for (size_t i = 0; i < questions.size(); ++i) {
    const std::string& name = questions[i].name;
    if (answers[i].ok()) {
      AddAddresses(RecordsOf(name, answers[i]->answers), addresses[name]);
    } else if (const auto before = known.find(name); before != known.end()) {
      Add(before->second, addresses[name]);
    }
  }
}

void AuthoritativeServers::AskForLife() {
  const Instant now = clock_.Now();
  std::vector<DnsQuestion> questions;
  for (const AuthoritativeServer& server : list()) {
    questions.push_back({server.endpoint, options_.zone, RrType::kSoa});
  }
  const std::vector<absl::StatusOr<DnsAnswer>> answers =
      client_.AskAll(questions, options_.timeout);
  MutexLock lock(mutex_);
  for (size_t i = 0; i < questions.size(); ++i) {
    if (IsSilence(answers[i])) {
      silent_since_.emplace(questions[i].server, now);  // keeps an earlier moment
    } else {
      silent_since_.erase(questions[i].server);
    }
  }
}

std::vector<AuthoritativeServer> AuthoritativeServers::list() const {
  MutexLock lock(mutex_);
  return list_;
}

std::vector<std::string> AuthoritativeServers::without_address() const {
  MutexLock lock(mutex_);
  return without_address_;
}

std::optional<Instant> AuthoritativeServers::SilentSince(const Endpoint& server) const {
  MutexLock lock(mutex_);
  const auto found = silent_since_.find(server);
  return found == silent_since_.end() ? std::nullopt : std::optional<Instant>(found->second);
}

}  // namespace lifeboat
