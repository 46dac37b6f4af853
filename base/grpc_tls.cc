#include "base/grpc_tls.h"

#include <sys/stat.h>

#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/grpc_status.h"
#include "base/mutex.h"
#include "base/status.h"
#include "grpc/grpc_security.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace lifeboat {
namespace {

constexpr unsigned kClientRefreshSeconds = 10;

// What changes when somebody writes or replaces one of the three files.
struct FileStamp {
  ino_t inode = 0;
  off_t size = 0;
  time_t seconds = 0;
  long nanoseconds = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
using Stamps = std::array<FileStamp, 3>;

FileStamp StampOf(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

Stamps StampsOf(const TlsFiles& files) {
  return {StampOf(files.ca), StampOf(files.certificate), StampOf(files.key)};
}

grpc_ssl_server_certificate_config* ToConfig(const LoadedIdentity& loaded) {
  const grpc_ssl_pem_key_cert_pair pair{.private_key = loaded.key.c_str(),
                                        .cert_chain = loaded.certificate.c_str()};
  return grpc_ssl_server_certificate_config_create(loaded.ca.c_str(), &pair, 1);
}

// gRPC's C core asks a callback for the certificate at each handshake; its C++ layer has no door to
// that, so this class is the door.
class ReloadingServerCredentials final : public grpc::ServerCredentials {
 public:
  ReloadingServerCredentials(TlsFiles files, LoadedIdentity loaded, Stamps stamps,
                             const Clock& clock, Log& log)
      : files_(std::move(files)),
        clock_(clock),
        log_(log),
        loaded_(std::move(loaded)),
        stamps_(stamps),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, Fetch, this))) {}

  ~ReloadingServerCredentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {
    // Identity is the certificate's alone (PeerIdentity): metadata has no say.
  }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<ReloadingServerCredentials*>(self)->Refresh(config);
  }

  grpc_ssl_certificate_config_reload_status Refresh(grpc_ssl_server_certificate_config** config) {
    MutexLock lock(mutex_);
    const Stamps stamps = StampsOf(files_);
    if (handed_out_ && stamps == stamps_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    if (handed_out_ && !Reload(stamps)) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    *config = ToConfig(loaded_);
    handed_out_ = true;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  // Leaves `stamps_` alone after a failure, so that the next handshake tries again.
  bool Reload(const Stamps& stamps) {
    auto fresh = LoadIdentity(files_, clock_.WallNow());
    if (fresh.ok() && fresh->identity != loaded_.identity) {
      fresh = absl::FailedPreconditionError(
          absl::StrCat(files_.certificate, " is now ", fresh->identity.Uri(), ", we are ",
                       loaded_.identity.Uri(), "; restart to become another"));
    }
    if (!fresh.ok()) {
      const std::string fault = Words(fresh.status());
      if (fault != last_fault_) {
        log_.Error("tls", "the changed certificate is not used", {{"why", fault}});
      }
      last_fault_ = fault;
      return false;
    }
    loaded_ = *std::move(fresh);
    stamps_ = stamps;
    last_fault_.clear();
    log_.Info("tls", "certificate reloaded", {{"until", absl::FormatTime(loaded_.not_after)}});
    return true;
  }

  const TlsFiles files_;
  const Clock& clock_;
  Log& log_;
  Mutex mutex_;
  LoadedIdentity loaded_ GUARDED_BY(mutex_);
  Stamps stamps_ GUARDED_BY(mutex_);
  bool handed_out_ GUARDED_BY(mutex_) = false;
  std::string last_fault_ GUARDED_BY(mutex_);
  grpc_server_credentials* const credentials_;
};

// Runs after the chain has been verified.
class ServerVerifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit ServerVerifier(PeerPolicy servers) : servers_(std::move(servers)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*callback*/, grpc::Status* result) override {
    std::vector<std::string> uris;
    for (const grpc::string_ref& uri : request->uri_names()) {
      uris.emplace_back(uri.data(), uri.size());
    }
    auto peer = IdentityFromUris(uris);
    if (peer.ok()) peer = CheckPeer(*peer, servers_);
    *result = ToGrpc(peer.status());
    return true;  // decided at once
  }

  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest* /*request*/) override {
    // Never pending: Verify decides at once.
  }

 private:
  const PeerPolicy servers_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(const TlsFiles& files,
                                                                           const Clock& clock,
                                                                           Log& log) {
  const Stamps stamps = StampsOf(files);  // before reading: a later change is seen as one
  ASSIGN_OR_RETURN(LoadedIdentity loaded, LoadIdentity(files, clock.WallNow()));
  return std::make_shared<ReloadingServerCredentials>(files, std::move(loaded), stamps, clock, log);
}

std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsFiles& files,
                                                            PeerPolicy servers) {
  using grpc::experimental::ExternalCertificateVerifier;
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          files.key, files.certificate, files.ca, kClientRefreshSeconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<ServerVerifier>(std::move(servers)));
  options.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(options);
}

std::shared_ptr<grpc::Channel> NewChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  // Despite its name, how long one attempt may take, TLS included: a second and more on long ways.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

absl::StatusOr<Identity> PeerIdentity(const grpc::ServerContextBase& context,
                                      const PeerPolicy& policy) {
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) {
    return absl::UnauthenticatedError("the caller showed no certificate of our authority");
  }
  std::vector<std::string> uris;
  for (const grpc::string_ref& uri : auth->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    uris.emplace_back(uri.data(), uri.size());
  }
  ASSIGN_OR_RETURN(const Identity peer, IdentityFromUris(uris));
  return CheckPeer(peer, policy);
}

}  // namespace lifeboat
