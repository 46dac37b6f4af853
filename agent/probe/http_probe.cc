#include "agent/probe/http_probe.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/probe/curl_options.h"
#include "agent/probe/socket_errors.h"
#include "base/status.h"

namespace lifeboat::agent {
namespace {

constexpr size_t kMostBodyBytes = 64 << 10;
constexpr size_t kMostIdle = 256;

int64_t NotAfter(const X509* certificate) {
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) {
    return 0;
  }
  return timegm(&parts);
}

// "https://app.test:8443" of "https://app.test:8443/healthz".
absl::string_view OriginOf(absl::string_view url) {
  return url.substr(0, url.find_first_of("/?#", url.find("//") + 2));
}

absl::Duration Since(curl_off_t begin_us, curl_off_t end_us) {
  return end_us > begin_us ? absl::Microseconds(end_us - begin_us) : absl::ZeroDuration();
}

}  // namespace

// One easy handle and what its transfer hears.
class HttpProbes::Transfer {
 public:
  explicit Transfer(const Clock& clock) : easy_(curl_easy_init()), clock_(clock) {
    SetFixedOptions();
  }
  ~Transfer() { curl_easy_cleanup(easy_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy() const { return easy_; }
  void Prepare(const HttpSpec& http, const WireRequest& request, X509_STORE* trust, Done done);
  WireResult Result(CURLcode code);
  // Whether the transfer that ended with `code` is followed by another one: the echo's.
  bool TurnToEcho(CURLcode code);
  Done TakeDone() { return std::move(done_); }

 private:
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static CURLcode OnTlsContext(CURL* easy, void* context, void* self);
  static int OnCertificate(X509_STORE_CTX* check, void* self);

  void SetFixedOptions();
  void HearHeader(absl::string_view line);
  curl_off_t Time(CURLINFO info) const;
  WireResult HealthResult(CURLcode code) const;
  absl::Duration Left() const { return begun_ + limit_ - clock_.Now(); }
  void SetTimeout(absl::Duration limit);
  std::optional<EchoBytes> EchoHeard(CURLcode code) const;

  CURL* const easy_;
  CurlList connect_to_;
  const HttpSpec* http_ = nullptr;
  X509_STORE* trust_ = nullptr;
  Endpoint to_;
  absl::Duration limit_;
  std::optional<EchoBytes> nonce_;
  std::optional<WireResult> health_;  // once the echo is being asked for
  Done done_;
  char words_[CURL_ERROR_SIZE] = "";
  std::string body_;  // only where one is expected
  size_t body_bytes_ = 0;
  std::string location_;
  bool challenge_ = false;
  bool origin_marker_ = false;
  const Clock& clock_;
  Instant begun_;
  std::optional<Instant> tls_begun_;
  int64_t not_after_ = 0;
  std::string refusal_;  // of the certificate
};

void HttpProbes::Transfer::SetFixedOptions() {
  SetIndependent(easy_);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, words_);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_FUNCTION, &Transfer::OnTlsContext);
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_DATA, this);
}

void HttpProbes::Transfer::Prepare(const HttpSpec& http, const WireRequest& request,
                                   X509_STORE* trust, Done done) {
  http_ = &http;
  trust_ = trust;
  to_ = request.to;
  limit_ = request.limit;
  nonce_ = http.echo_path.empty() ? std::nullopt : request.nonce;
  health_.reset();
  done_ = std::move(done);
  words_[0] = '\0';
  body_.clear();
  body_bytes_ = 0;
  location_.clear();
  challenge_ = origin_marker_ = false;
  begun_ = clock_.Now();
  tls_begun_.reset();
  not_after_ = 0;
  refusal_.clear();
  curl_easy_setopt(easy_, CURLOPT_URL, http.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_NOBODY, http.head ? 1L : 0L);
  if (!http.head) curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  SetTimeout(request.limit);
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, nonce_ ? 0L : 1L);
  connect_to_ = SetWay(easy_, request.to, request.source);
}

void HttpProbes::Transfer::SetTimeout(absl::Duration limit) {
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, std::max<long>(1, absl::ToInt64Milliseconds(limit)));
}

// curl finds the connection of the transfer before by host, way and the very SSL context function;
// where the server has closed it, or took back what it had kept open, a fresh one goes the same
// way.
bool HttpProbes::Transfer::TurnToEcho(CURLcode code) {
  if (!nonce_ || health_) return false;
  WireResult health = HealthResult(code);
  if (health.end.transport != Transport::kComplete || Left() <= absl::ZeroDuration()) return false;
  health.ended = clock_.Now();
  health_ = std::move(health);
  body_.clear();
  body_bytes_ = 0;
  const std::string url =
      absl::StrCat(OriginOf(http_->url), http_->echo_path, "?nonce=", ToHex(*nonce_));
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy_, CURLOPT_NOBODY, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 0L);
  curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
  SetTimeout(Left());
  return true;
}

size_t HttpProbes::Transfer::OnHeader(char* data, size_t size, size_t count, void* self) {
  static_cast<Transfer*>(self)->HearHeader({data, size * count});
  return size * count;
}

void HttpProbes::Transfer::HearHeader(absl::string_view line) {
  if (absl::StartsWith(line, "HTTP/")) {  // of the next answer, after a 1xx
    location_.clear();
    challenge_ = origin_marker_ = false;
    return;
  }
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos) return;
  const absl::string_view name = line.substr(0, colon);
  const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (absl::EqualsIgnoreCase(name, "location")) location_ = std::string(value.substr(0, 512));
  if (absl::EqualsIgnoreCase(name, "cf-mitigated")) {
    challenge_ = absl::EqualsIgnoreCase(value, "challenge");
  }
  if (absl::EqualsIgnoreCase(name, http_->origin_marker_header)) origin_marker_ = true;
}

size_t HttpProbes::Transfer::OnBody(char* data, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const size_t room = kMostBodyBytes - transfer.body_bytes_;
  const size_t taken = std::min(size * count, room);
  if (transfer.health_ || !transfer.http_->expect_body.empty()) transfer.body_.append(data, taken);
  transfer.body_bytes_ += taken;
  return taken;  // less than was offered ends the transfer: enough has been read
}

// Called once TCP is connected. curl 7.88 itself knows no connect time until TLS stands, too.
CURLcode HttpProbes::Transfer::OnTlsContext(CURL* /*easy*/, void* context, void* self) {
  auto* tls = static_cast<SSL_CTX*>(context);
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.tls_begun_ = transfer.clock_.Now();
  SSL_CTX_set1_verify_cert_store(tls, transfer.trust_);
  SSL_CTX_set_cert_verify_callback(tls, &Transfer::OnCertificate, self);
  return CURLE_OK;
}

// In place of the default only to see the certificate, whatever becomes of it, and the reason of a
// refusal, which curl loses behind other entries of OpenSSL's error queue.
int HttpProbes::Transfer::OnCertificate(X509_STORE_CTX* check, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.not_after_ = NotAfter(X509_STORE_CTX_get0_cert(check));
  const int verified = X509_verify_cert(check);
  if (verified == 1) return 1;
  transfer.refusal_ = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check));
  ERR_clear_error();
  return verified;
}

curl_off_t HttpProbes::Transfer::Time(CURLINFO info) const {
  curl_off_t time_us = 0;
  curl_easy_getinfo(easy_, info, &time_us);
  return time_us;
}

WireResult HttpProbes::Transfer::Result(CURLcode code) {
  if (!health_) return HealthResult(code);
  health_->echo = EchoHeard(code);
  return *std::move(health_);
}

std::optional<EchoBytes> HttpProbes::Transfer::EchoHeard(CURLcode code) const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK || status != 200) return std::nullopt;
  return EchoFromHex(absl::StripAsciiWhitespace(body_));
}

WireResult HttpProbes::Transfer::HealthResult(CURLcode code) const {
  long status = 0, os_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
  const curl_off_t connected = Time(CURLINFO_CONNECT_TIME_T);
  const curl_off_t handshaken = Time(CURLINFO_APPCONNECT_TIME_T);
  const curl_off_t asked = Time(CURLINFO_PRETRANSFER_TIME_T);
  WireResult result;
  result.connect = Since(Time(CURLINFO_NAMELOOKUP_TIME_T), connected);
  result.tls = Since(connected, handshaken);
  if (tls_begun_) result.connect = *tls_begun_ - begun_;
  if (tls_begun_ && handshaken > 0) {
    result.tls = absl::Microseconds(handshaken) - result.connect;
  }
  result.first_byte = Since(asked, Time(CURLINFO_STARTTRANSFER_TIME_T));
  result.certificate_not_after = not_after_;
  ProbeEnd& end = result.end;
  const bool enough = code == CURLE_WRITE_ERROR && body_bytes_ == kMostBodyBytes;
  end.transport =
      enough ? Transport::kComplete : TransportOf(code, static_cast<int>(os_error), words_);
  end.words = words_[0] != '\0' ? words_ : curl_easy_strerror(code);
  if (code == CURLE_COULDNT_CONNECT && os_error != 0) {
    end.words = Words(ErrnoStatus(static_cast<int>(os_error), to_.ToString()));
  }
  if (!refusal_.empty()) end.words = absl::StrCat("certificate refused: ", refusal_);
  end.connected = connected > 0 || tls_begun_;
  end.handshaken = handshaken > 0;
  end.status = static_cast<int>(status);
  end.location = location_;
  end.challenge = challenge_;
  end.origin_marker = origin_marker_;
  end.body_found = body_.find(http_->expect_body) != std::string::npos;
  return result;
}

HttpProbes::HttpProbes(CurlMulti& multi, const Clock& clock)
    : multi_(multi), clock_(clock), trust_(clock) {}

HttpProbes::~HttpProbes() {
  for (const auto& [id, transfer] : running_) multi_.Abort(transfer->easy());
}

absl::StatusOr<HttpProbes::Id> HttpProbes::Start(const HttpSpec& http, const WireRequest& request,
                                                 Done done) {
  X509_STORE* trust = nullptr;
  if (absl::StartsWith(http.url, "https:")) {
    ASSIGN_OR_RETURN(trust, trust_.For(http.ca_file));
  }
  const Id id = ++last_id_;
  std::unique_ptr<Transfer>& transfer = running_[id];
  if (idle_.empty()) {
    transfer = std::make_unique<Transfer>(clock_);
  } else {
    transfer = std::move(idle_.back());
    idle_.pop_back();
  }
  transfer->Prepare(http, request, trust, std::move(done));
  Run(id);
  return id;
}

void HttpProbes::Run(Id id) {
  multi_.Start(running_.at(id)->easy(), [this, id](CURLcode code) { Finished(id, code); });
}

void HttpProbes::Cancel(Id id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  multi_.Abort(found->second->easy());
  Keep(std::move(found->second));
  running_.erase(found);
}

void HttpProbes::Finished(Id id, CURLcode code) {
  const auto found = running_.find(id);
  if (found->second->TurnToEcho(code)) return Run(id);
  const WireResult result = found->second->Result(code);
  const Done done = found->second->TakeDone();
  Keep(std::move(found->second));
  running_.erase(found);
  done(result);
}

void HttpProbes::Keep(std::unique_ptr<Transfer> transfer) {
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(transfer));
}

Transport TransportOf(CURLcode code, int os_error, absl::string_view words) {
  switch (code) {
    case CURLE_OK:
      return Transport::kComplete;
    case CURLE_OPERATION_TIMEDOUT:
      return Transport::kTimeout;
    case CURLE_COULDNT_CONNECT:
      return TransportOfErrno(os_error);
    case CURLE_SSL_CONNECT_ERROR:
      // TLS only where OpenSSL itself complains ("…: error:0A000410:SSL routines::…"). Else, in one
      // of several wordings of curl, the connection broke within the handshake.
      return absl::StrContains(words, "error:") && !absl::StrContains(words, "unexpected eof")
                 ? Transport::kTls
                 : Transport::kClosed;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Transport::kTls;
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_HOST:  // addresses are given: the source is what did not parse
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ENGINE_INITFAILED:
      return Transport::kLocal;
    default:
      return Transport::kClosed;  // broken off, cut short, or not HTTP
  }
}

}  // namespace lifeboat::agent
