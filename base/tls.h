#ifndef LIFEBOAT_BASE_TLS_H_
#define LIFEBOAT_BASE_TLS_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/identity.h"

namespace lifeboat {

// PEM files: the installation's authority, our certificate (its chain after it) and its key.
struct TlsFiles {
  std::string ca;
  std::string certificate;
  std::string key;

  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

// What the files held, checked as one: they belong together and are valid at the time of loading.
struct LoadedIdentity {
  Identity identity;
  std::string ca, certificate, key;  // PEM; `key` is a secret
  absl::Time not_before, not_after;  // of the certificate
};

// Reads and checks `files` at the wall clock's `now`. The error names the file, what is wrong with
// it and what to do:
//   NOT_FOUND, PERMISSION_DENIED  a file cannot be read
//   INVALID_ARGUMENT              not PEM, an encrypted key, or a key of another certificate
//   UNAUTHENTICATED               no identity or several, not issued by the authority, not valid
//   now
absl::StatusOr<LoadedIdentity> LoadIdentity(const TlsFiles& files, absl::Time now);

// Whom a peer must be: of our trust domain and in one of these roles.
struct PeerPolicy {
  std::string trust_domain;
  std::vector<Role> roles;
};

// Returns `peer` if it meets `policy`. Else UNAUTHENTICATED (a stranger to the trust domain) or
// PERMISSION_DENIED (wrong role), naming who it was and what was lacking.
absl::StatusOr<Identity> CheckPeer(const Identity& peer, const PeerPolicy& policy);

// The identity in a certificate whose chain has been verified already; then as CheckPeer.
absl::StatusOr<Identity> VerifyPeerIdentity(X509* certificate, const PeerPolicy& policy);
// The same for the peer of a finished handshake; UNAUTHENTICATED when it showed no certificate.
absl::StatusOr<Identity> VerifyPeerIdentity(SSL* connection, const PeerPolicy& policy);

struct SslContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextFree>;

// Makes `context` show our certificate and demand one of our authority (alone: the system's roots
// do not count) from the peer, over TLS 1.2 or later. Host names are not looked at.
absl::Status ConfigureMutualTls(SSL_CTX* context, const LoadedIdentity& identity);

// Ends the handshake of every connection of `context` whose peer does not meet `policy`. The reason
// is left in `*refusal`, if given, which must outlive the context's connections and is not locked.
void RequirePeer(SSL_CTX* context, PeerPolicy policy, std::string* refusal);

// A server's context with ConfigureMutualTls done. Who may enter is VerifyPeerIdentity's to say
// after the handshake, so that the refusal can be told.
absl::StatusOr<SslContext> NewServerContext(const LoadedIdentity& identity);
// A client's context that also RequirePeer's.
absl::StatusOr<SslContext> NewClientContext(const LoadedIdentity& identity, PeerPolicy policy,
                                            std::string* refusal);

// OpenSSL's oldest queued error in words, and an empty queue.
std::string TakeSslError();

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_TLS_H_
