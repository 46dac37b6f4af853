#include "base/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr size_t kMostPemBytes = 1 << 20;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertificateStore = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using Chain = std::vector<Certificate>;

// Frees the list alone: its certificates are the chain's.
struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

std::unique_ptr<BIO, Freer<BIO_free>> Memory(const std::string& text) {
  return std::unique_ptr<BIO, Freer<BIO_free>>(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// In place of OpenSSL's own, which asks for a pass phrase on the terminal.
int NoPassPhrase(char*, int, int, void*) { return 0; }

absl::StatusOr<Chain> ParseCertificates(const std::string& pem, absl::string_view path) {
  const auto memory = Memory(pem);
  Chain chain;
  while (X509* next = PEM_read_bio_X509(memory.get(), nullptr, NoPassPhrase, nullptr)) {
    chain.emplace_back(next);
  }
  ERR_clear_error();  // the end of the text is an error to OpenSSL
  if (!chain.empty()) return chain;
  return absl::InvalidArgumentError(
      absl::StrCat(path, " holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
}

absl::StatusOr<PrivateKey> ParseKey(const std::string& pem, absl::string_view path) {
  const auto memory = Memory(pem);
  PrivateKey key(PEM_read_bio_PrivateKey(memory.get(), nullptr, NoPassPhrase, nullptr));
  if (key != nullptr) return key;
  return absl::InvalidArgumentError(
      absl::StrCat(path, " holds no private key in PEM that opens without a pass phrase (",
                   TakeSslError(), ")"));
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string Show(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

std::vector<std::string> UriNames(X509* certificate) {
  std::vector<std::string> uris;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      ASN1_STRING_length(uri));
  }
  GENERAL_NAMES_free(names);
  return uris;
}

absl::StatusOr<Identity> IdentityOf(X509* certificate) {
  return IdentityFromUris(UriNames(certificate));
}

absl::Status CheckDates(const LoadedIdentity& loaded, absl::Time now) {
  if (now < loaded.not_before) {
    return absl::UnauthenticatedError(
        absl::StrCat("the certificate is valid only from ", Show(loaded.not_before),
                     " and this machine's clock says ", Show(now), "; set the clock"));
  }
  if (now <= loaded.not_after) return absl::OkStatus();
  return absl::UnauthenticatedError(
      absl::StrCat("the certificate expired at ", Show(loaded.not_after), " and it is ", Show(now),
                   "; issue a new one with `lifeboatctl pki issue ", RoleName(loaded.identity.role),
                   " ", loaded.identity.name, "`"));
}

CertificateStore NewStore(const Chain& authorities) {
  CertificateStore store(X509_STORE_new());
  for (const Certificate& authority : authorities) {
    X509_STORE_add_cert(store.get(), authority.get());
  }
  return store;
}

// Dates are CheckDates' matter, in better words.
absl::Status CheckIssuer(const Chain& authorities, const Chain& chain, const TlsFiles& files) {
  const CertificateStore store = NewStore(authorities);
  std::unique_ptr<STACK_OF(X509), StackFree> between(sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.get(), chain[i].get());
  std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>> check(X509_STORE_CTX_new());
  X509_STORE_CTX_init(check.get(), store.get(), chain.front().get(), between.get());
  X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_NO_CHECK_TIME);
  if (X509_verify_cert(check.get()) == 1) return absl::OkStatus();
  const int error = X509_STORE_CTX_get_error(check.get());
  ERR_clear_error();
  return absl::UnauthenticatedError(
      absl::StrCat("the authority in ", files.ca, " did not issue this certificate (",
                   X509_verify_cert_error_string(error), "); all parts need the same authority"));
}

absl::Status CheckLoaded(const TlsFiles& files, absl::Time now, LoadedIdentity& loaded) {
  ASSIGN_OR_RETURN(const Chain authorities, ParseCertificates(loaded.ca, files.ca));
  ASSIGN_OR_RETURN(const Chain chain, ParseCertificates(loaded.certificate, files.certificate));
  ASSIGN_OR_RETURN(const PrivateKey key, ParseKey(loaded.key, files.key));
  X509* own = chain.front().get();
  if (X509_check_private_key(own, key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        absl::StrCat(files.key, " is not the key of the certificate in ", files.certificate));
  }
  loaded.not_before = ToTime(X509_get0_notBefore(own));
  loaded.not_after = ToTime(X509_get0_notAfter(own));
  auto identity = IdentityOf(own);
  if (!identity.ok()) return Annotate(identity.status(), files.certificate);
  loaded.identity = *std::move(identity);
  const std::string who = absl::StrCat(files.certificate, " (", loaded.identity.Uri(), ")");
  RETURN_IF_ERROR(Annotate(CheckIssuer(authorities, chain, files), who));
  return Annotate(CheckDates(loaded, now), who);
}

std::string ListRoles(const std::vector<Role>& roles) {
  return absl::StrJoin(roles, " or ",
                       [](std::string* out, Role role) { absl::StrAppend(out, RoleName(role)); });
}

struct PeerRequirement {
  PeerPolicy policy;
  std::string* refusal;
};

void FreeRequirement(void*, void* requirement, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<PeerRequirement*>(requirement);
}

int RequirementIndex() {
  static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeRequirement);
  return kIndex;
}

// Runs once a certificate of the chain, the peer's own last.
int CheckRequirement(int verified, X509_STORE_CTX* check) {
  if (X509_STORE_CTX_get_error_depth(check) != 0 && verified == 1) return 1;
  const auto* connection =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* requirement = static_cast<PeerRequirement*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), RequirementIndex()));
  std::string reason;
  if (verified == 1) {
    const auto peer =
        VerifyPeerIdentity(X509_STORE_CTX_get_current_cert(check), requirement->policy);
    if (peer.ok()) return 1;
    reason = Words(peer.status());
    X509_STORE_CTX_set_error(check, X509_V_ERR_APPLICATION_VERIFICATION);
  } else {
    reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check));
  }
  if (requirement->refusal != nullptr) *requirement->refusal = reason;
  return 0;
}

absl::Status SslError(absl::string_view doing) {
  return absl::InternalError(absl::StrCat(doing, ": ", TakeSslError()));
}

absl::StatusOr<SslContext> NewContext(const SSL_METHOD* method, const LoadedIdentity& identity) {
  SslContext context(SSL_CTX_new(method));
  if (context == nullptr) return SslError("making a TLS context");
  RETURN_IF_ERROR(ConfigureMutualTls(context.get(), identity));
  return context;
}

}  // namespace

absl::StatusOr<LoadedIdentity> LoadIdentity(const TlsFiles& files, absl::Time now) {
  LoadedIdentity loaded;
  auto ca = ReadFile(files.ca, kMostPemBytes);
  if (!ca.ok()) return Annotate(ca.status(), "identity.ca");
  auto certificate = ReadFile(files.certificate, kMostPemBytes);
  if (!certificate.ok()) return Annotate(certificate.status(), "identity.certificate");
  auto key = ReadFile(files.key, kMostPemBytes);
  if (!key.ok()) return Annotate(key.status(), "identity.key");
  loaded.ca = *std::move(ca);
  loaded.certificate = *std::move(certificate);
  loaded.key = *std::move(key);
  RETURN_IF_ERROR(CheckLoaded(files, now, loaded));
  return loaded;
}

absl::StatusOr<Identity> CheckPeer(const Identity& peer, const PeerPolicy& policy) {
  if (peer.trust_domain != policy.trust_domain) {
    return absl::UnauthenticatedError(absl::StrCat(
        peer.Uri(), " belongs to trust domain ", peer.trust_domain, ", not ", policy.trust_domain));
  }
  if (std::find(policy.roles.begin(), policy.roles.end(), peer.role) == policy.roles.end()) {
    return absl::PermissionDeniedError(absl::StrCat(RoleName(peer.role), " ", peer.name, " (",
                                                    peer.Uri(), ") lacks the role ",
                                                    ListRoles(policy.roles)));
  }
  return peer;
}

absl::StatusOr<Identity> VerifyPeerIdentity(X509* certificate, const PeerPolicy& policy) {
  ASSIGN_OR_RETURN(const Identity peer, IdentityOf(certificate));
  return CheckPeer(peer, policy);
}

absl::StatusOr<Identity> VerifyPeerIdentity(SSL* connection, const PeerPolicy& policy) {
  const Certificate certificate(SSL_get1_peer_certificate(connection));
  if (certificate == nullptr) {
    return absl::UnauthenticatedError("the peer showed no certificate");
  }
  const long verified = SSL_get_verify_result(connection);
  if (verified != X509_V_OK) {
    return absl::UnauthenticatedError(absl::StrCat("the peer's certificate was refused: ",
                                                   X509_verify_cert_error_string(verified)));
  }
  return VerifyPeerIdentity(certificate.get(), policy);
}

absl::Status ConfigureMutualTls(SSL_CTX* context, const LoadedIdentity& identity) {
  ASSIGN_OR_RETURN(const Chain authorities, ParseCertificates(identity.ca, "ca"));
  ASSIGN_OR_RETURN(const Chain chain, ParseCertificates(identity.certificate, "certificate"));
  ASSIGN_OR_RETURN(const PrivateKey key, ParseKey(identity.key, "key"));
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_use_certificate(context, chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return SslError("using our certificate and key");
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return SslError("using our chain");
  }
  SSL_CTX_set_cert_store(context, NewStore(authorities).release());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return absl::OkStatus();
}

void RequirePeer(SSL_CTX* context, PeerPolicy policy, std::string* refusal) {
  delete static_cast<PeerRequirement*>(SSL_CTX_get_ex_data(context, RequirementIndex()));
  SSL_CTX_set_ex_data(context, RequirementIndex(), new PeerRequirement{std::move(policy), refusal});
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, CheckRequirement);
}

absl::StatusOr<SslContext> NewServerContext(const LoadedIdentity& identity) {
  return NewContext(TLS_server_method(), identity);
}

absl::StatusOr<SslContext> NewClientContext(const LoadedIdentity& identity, PeerPolicy policy,
                                            std::string* refusal) {
  ASSIGN_OR_RETURN(SslContext context, NewContext(TLS_client_method(), identity));
  RequirePeer(context.get(), std::move(policy), refusal);
  return context;
}

std::string TakeSslError() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : absl::StrCat("OpenSSL error ", error);
}

}  // namespace lifeboat
