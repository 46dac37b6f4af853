#include "agent/knock/knocker.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/probe/curl_options.h"
#include "base/status.h"

namespace lifeboat::agent {
namespace {

constexpr absl::Duration FirstRetry() { return absl::Seconds(1); }
constexpr absl::Duration LongestRetry() { return absl::Seconds(20); }
constexpr long kPatienceMs = 5000;

}  // namespace

// One POST or DELETE under way; destroying it takes it back.
class Knocker::Attempt {
 public:
  using Done = std::function<void(const absl::Status&)>;

  // `done` is called once, never from within.
  Attempt(CurlMulti& multi, const DoorKey& door, bool withdraw, LoadedIdentity identity, Done done)
      : multi_(multi),
        easy_(curl_easy_init()),
        exit_(door.exit),
        identity_(std::move(identity)),
        done_(std::move(done)) {
    SetOptions(door, withdraw);
    multi_.Start(easy_, [this](CURLcode code) {
      const Done done = std::move(done_);
      done(Outcome(code));  // destroys this
    });
  }
  ~Attempt() {
    multi_.Abort(easy_);
    curl_easy_cleanup(easy_);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

 private:
  void SetOptions(const DoorKey& door, bool withdraw);
  absl::Status Outcome(CURLcode code) const;
  static CURLcode OnTlsContext(CURL* easy, void* context, void* self);
  static int OnCertificate(X509_STORE_CTX* check, void* self);
  absl::Status CheckExit(X509* certificate) const;

  CurlMulti& multi_;
  CURL* const easy_;
  const std::string exit_;
  const LoadedIdentity identity_;
  Done done_;
  CurlList way_;
  char words_[CURL_ERROR_SIZE] = "";
  std::string refusal_;  // ours, of the server
};

void Knocker::Attempt::SetOptions(const DoorKey& door, bool withdraw) {
  SetIndependent(easy_);
  curl_easy_setopt(easy_, CURLOPT_URL,
                   absl::StrCat("https://", door.endpoint.ToString(), "/knock").c_str());
  way_ = SetWay(easy_, door.endpoint, door.source);
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE, 0L);
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, "");
  if (withdraw) curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "DELETE");
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, kPatienceMs);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, words_);
  curl_easy_setopt(easy_, CURLOPT_MAXFILESIZE, 4096L);
  curl_easy_setopt(
      easy_, CURLOPT_WRITEFUNCTION,
      +[](char*, size_t size, size_t count, void*) { return size * count; });
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 0L);  // identity is the URI name's alone
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_FUNCTION, &Attempt::OnTlsContext);
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_DATA, this);
}

absl::Status Knocker::Attempt::Outcome(CURLcode code) const {
  if (!refusal_.empty()) return absl::UnauthenticatedError(refusal_);
  if (code != CURLE_OK) {
    return absl::UnavailableError(words_[0] != '\0' ? words_ : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  if (status == 204) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("status ", status, " instead of 204; see the exit node's log"));
}

CURLcode Knocker::Attempt::OnTlsContext(CURL* /*easy*/, void* context, void* self) {
  auto* tls = static_cast<SSL_CTX*>(context);
  auto& attempt = *static_cast<Attempt*>(self);
  const absl::Status configured = ConfigureMutualTls(tls, attempt.identity_);
  if (!configured.ok()) {
    attempt.refusal_ = Words(configured);
    return CURLE_SSL_CERTPROBLEM;
  }
  SSL_CTX_set1_verify_cert_store(tls, SSL_CTX_get_cert_store(tls));
  SSL_CTX_set_cert_verify_callback(tls, &Attempt::OnCertificate, self);
  return CURLE_OK;
}

int Knocker::Attempt::OnCertificate(X509_STORE_CTX* check, void* self) {
  auto& attempt = *static_cast<Attempt*>(self);
  if (X509_verify_cert(check) != 1) {
    attempt.refusal_ = absl::StrCat("its certificate: ",
                                    X509_verify_cert_error_string(X509_STORE_CTX_get_error(check)));
    ERR_clear_error();
    return 0;
  }
  const absl::Status exit = attempt.CheckExit(X509_STORE_CTX_get0_cert(check));
  if (exit.ok()) return 1;
  attempt.refusal_ = Words(exit);
  X509_STORE_CTX_set_error(check, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

absl::Status Knocker::Attempt::CheckExit(X509* certificate) const {
  ASSIGN_OR_RETURN(const Identity peer,
                   VerifyPeerIdentity(certificate, {.trust_domain = identity_.identity.trust_domain,
                                                    .roles = {Role::kExitNode}}));
  if (peer.name == exit_) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("it is ", peer.Uri(), ", not the exit node ", exit_));
}

struct Knocker::Door {
  Wish wish;
  Backoff backoff{FirstRetry(), LongestRetry()};
  EventLoop::TimerId timer;
  std::unique_ptr<Attempt> attempt;
  std::optional<absl::Status> last;  // what was said of it last
};

Knocker::Knocker(EventLoop& loop, CurlMulti& multi, const Clock& clock, absl::BitGenRef random,
                 TlsFiles identity, Metrics& metrics, Log& log)
    : loop_(loop),
      multi_(multi),
      clock_(clock),
      random_(random),
      identity_(std::move(identity)),
      metrics_(metrics),
      log_(log) {}

Knocker::~Knocker() {
  for (const auto& [key, door] : doors_) loop_.Cancel(door->timer);
}

void Knocker::Assign(SubscriberId subscriber, std::vector<KnockSpec> wanted) {
  wanted_[subscriber] = std::move(wanted);
  const std::map<DoorKey, Wish> merged = Merged();
  for (auto it = doors_.begin(); it != doors_.end();) {
    const bool wanted_still = merged.contains(it->first);
    if (!wanted_still) loop_.Cancel(it->second->timer);
    it = wanted_still ? std::next(it) : doors_.erase(it);
  }
  for (const auto& [key, wish] : merged) {
    std::unique_ptr<Door>& door = doors_[key];
    if (door != nullptr && door->wish == wish) continue;
    if (door == nullptr) door = std::make_unique<Door>();
    door->wish = wish;
    door->attempt.reset();
    door->last.reset();
    door->backoff.Reset();
    loop_.Cancel(door->timer);
    Knock(key);
  }
}

std::map<Knocker::DoorKey, Knocker::Wish> Knocker::Merged() const {
  std::map<DoorKey, Wish> merged;
  for (const auto& [subscriber, knocks] : wanted_) {
    for (const KnockSpec& knock : knocks) {
      for (const Endpoint& endpoint : knock.endpoints) {
        // From an address of one family only the doors of that family can be reached.
        if (knock.source && knock.source->is_v4() != endpoint.address.is_v4()) continue;
        const auto [entry, fresh] =
            merged.try_emplace({knock.exit, endpoint, knock.source}, Wish{knock.every, false});
        entry->second.every = std::min(entry->second.every, knock.every);
        entry->second.withdraw |= knock.withdraw;
      }
    }
  }
  return merged;
}

void Knocker::Knock(const DoorKey& key) {
  Door& door = *doors_.at(key);
  auto identity = LoadIdentity(identity_, clock_.WallNow());  // anew: certificates are renewed
  if (!identity.ok()) return OnAnswer(key, identity.status());
  door.attempt =
      std::make_unique<Attempt>(multi_, key, door.wish.withdraw, *std::move(identity),
                                [this, key](const absl::Status& answer) { OnAnswer(key, answer); });
}

void Knocker::OnAnswer(const DoorKey& key, const absl::Status& answer) {
  Door& door = *doors_.at(key);
  door.attempt.reset();
  Say(key, door, answer);
  absl::Duration wait = door.wish.every;
  if (answer.ok()) {
    metrics_.knocks.Increment();
    door.backoff.Reset();
    if (door.wish.withdraw) return;  // taken back: nothing to renew
  } else {
    metrics_.knocks_failed.Increment();
    wait = std::min(wait, door.backoff.Next(random_));
  }
  door.timer = loop_.At(clock_.Now() + wait, [this, key] { Knock(key); });
}

// Only what is new: a door that is knocked at each minute would fill the log.
void Knocker::Say(const DoorKey& key, Door& door, const absl::Status& answer) {
  if (door.last && *door.last == answer) return;
  door.last = answer;
  const absl::string_view what = door.wish.withdraw ? "withdrawal" : "knock";
  if (answer.ok()) {
    log_.Info("knock", absl::StrCat(what, " taken by ", key.exit),
              {{"at", key.endpoint.ToString()}});
  } else {
    log_.Warning("knock", absl::StrCat(what, " not taken by ", key.exit, "; tried again"),
                 {{"at", key.endpoint.ToString()}, {"why", Words(answer)}});
  }
}

}  // namespace lifeboat::agent
