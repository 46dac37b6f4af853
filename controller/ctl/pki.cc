#include "controller/ctl/pki.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status.h"

namespace lifeboat::ctl {
namespace {

constexpr size_t kLargestPem = 64 * 1024;
constexpr absl::string_view kScheme = "spiffe://";

template <auto Free>
struct With {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, With<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, With<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, With<BIO_free_all>>;

struct Authority {
  Certificate certificate;
  Key key;
  std::string trust_domain;
};

absl::Status OpenSslTrouble(absl::string_view doing) {
  char text[256] = "no reason given";
  if (const unsigned long error = ERR_get_error(); error != 0) {
    ERR_error_string_n(error, text, sizeof text);
  }
  ERR_clear_error();
  return absl::InternalError(absl::StrCat(doing, ": OpenSSL says ", text));
}

std::string BioText(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string ToPem(X509* certificate) {
  const Bio memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return BioText(memory.get());
}

std::string ToPem(EVP_PKEY* key) {
  const Bio memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return BioText(memory.get());
}

// Whole and durable under its name, or not at all: a key that is half there is worse than none.
absl::Status WriteFile(const std::string& path, absl::string_view content, mode_t mode) {
  const std::string temporary = absl::StrCat(path, ".new");
  unlink(temporary.c_str());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return ErrnoStatus(errno, absl::StrCat("writing ", path));
  const bool written =
      write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fsync(file) == 0;
  const int error = errno;
  close(file);
  if (written && rename(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const int reason = written ? errno : error;
  unlink(temporary.c_str());
  return ErrnoStatus(reason, absl::StrCat("writing ", path));
}

absl::Status RefuseToOverwrite(const std::vector<std::string>& paths, bool force) {
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (!force && std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
      return absl::AlreadyExistsError(
          absl::StrCat(path, " exists; --force overwrites it, and what it was is lost"));
    }
  }
  return absl::OkStatus();
}

absl::Status AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return OpenSslTrouble(absl::StrCat("adding ", OBJ_nid2sn(nid)));
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return absl::OkStatus();
}

using Extensions = std::vector<std::pair<int, std::string>>;

// 127 random bits: two certificates of one authority never share a serial number.
absl::Status SetRandomSerial(X509* certificate) {
  BIGNUM* number = BN_new();
  const bool made = BN_rand(number, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return made ? absl::OkStatus() : OpenSslTrouble("making a serial number");
}

// A certificate for `key` by `issuer`, or by itself where that is null.
absl::StatusOr<Certificate> Sign(EVP_PKEY* key, const std::string& common_name, absl::Time now,
                                 absl::Time not_after, const Extensions& extensions,
                                 const Authority* authority) {
  Certificate certificate(X509_new());
  X509* issuer = authority == nullptr ? certificate.get() : authority->certificate.get();
  X509_set_version(certificate.get(), X509_VERSION_3);
  RETURN_IF_ERROR(SetRandomSerial(certificate.get()));
  // Five minutes early: the clocks of one installation are never quite the same.
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(now - absl::Minutes(5)));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(not_after));
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  for (const auto& [nid, value] : extensions) {
    RETURN_IF_ERROR(AddExtension(certificate.get(), issuer, nid, value));
  }
  EVP_PKEY* signer = authority == nullptr ? key : authority->key.get();
  if (X509_sign(certificate.get(), signer, EVP_sha256()) == 0) return OpenSslTrouble("signing");
  return certificate;
}

absl::StatusOr<Issued> WritePair(const std::string& stem, const std::string& uri, X509* certificate,
                                 EVP_PKEY* key, absl::Time not_after) {
  Issued issued{.uri = uri,
                .certificate = absl::StrCat(stem, ".pem"),
                .key = absl::StrCat(stem, ".key"),
                .not_after = not_after};
  RETURN_IF_ERROR(WriteFile(issued.key, ToPem(key), 0600));
  RETURN_IF_ERROR(WriteFile(issued.certificate, ToPem(certificate), 0644));
  return issued;
}

// The one URI among the certificate's names, or nothing.
std::string UriOf(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  const absl::Cleanup free_names = [names] { GENERAL_NAMES_free(names); };
  if (names == nullptr || sk_GENERAL_NAME_num(names) != 1) return "";
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, 0);
  if (name->type != GEN_URI) return "";
  const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                     static_cast<size_t>(ASN1_STRING_length(uri)));
}

absl::Time NotAfter(X509* certificate) {
  std::tm time{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time);
  return absl::FromTM(time, absl::UTCTimeZone());
}

absl::StatusOr<std::string> ReadAuthorityFile(const std::string& path) {
  auto content = ReadFile(path, kLargestPem);
  if (!absl::IsNotFound(content.status())) return content;
  return absl::NotFoundError(absl::StrCat(
      path, " is not there; `lifeboatctl pki init --trust-domain …` makes an authority"));
}

absl::StatusOr<Authority> LoadAuthority(const std::string& directory) {
  const std::string certificate_file = absl::StrCat(directory, "/ca.pem");
  const std::string key_file = absl::StrCat(directory, "/ca.key");
  ASSIGN_OR_RETURN(const std::string certificate_pem, ReadAuthorityFile(certificate_file));
  ASSIGN_OR_RETURN(const std::string key_pem, ReadAuthorityFile(key_file));
  const Bio certificate_bio(BIO_new_mem_buf(certificate_pem.data(), certificate_pem.size()));
  const Bio key_bio(BIO_new_mem_buf(key_pem.data(), key_pem.size()));
  // An empty passphrase instead of a question at the terminal: our own keys are not encrypted.
  char no_passphrase[] = "";
  Authority authority{
      .certificate =
          Certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr)),
      .key = Key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, no_passphrase)),
      .trust_domain = ""};
  ERR_clear_error();
  if (!authority.certificate || !authority.key ||
      X509_check_private_key(authority.certificate.get(), authority.key.get()) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        certificate_file, " and ", key_file, " are not a certificate and its private key in PEM"));
  }
  const std::string uri = UriOf(authority.certificate.get());
  if (!absl::StartsWith(uri, kScheme)) {
    return absl::InvalidArgumentError(absl::StrCat(
        certificate_file, " names no trust domain: it was not made by `lifeboatctl pki init`"));
  }
  authority.trust_domain = std::string(absl::StripPrefix(uri, kScheme));
  return authority;
}

absl::StatusOr<Key> NewKey() {
  Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslTrouble("making a key");
  return key;
}

}  // namespace

absl::StatusOr<Issued> InitAuthority(const std::string& directory, absl::string_view trust_domain,
                                     absl::Time now, bool force) {
  // The words of a whole identity, so that a domain which no certificate could carry is refused.
  RETURN_IF_ERROR(ParseIdentity(absl::StrCat(kScheme, trust_domain, "/person/x")).status());
  const std::string stem = absl::StrCat(directory, "/ca");
  RETURN_IF_ERROR(
      RefuseToOverwrite({absl::StrCat(stem, ".pem"), absl::StrCat(stem, ".key")}, force));
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, absl::StrCat("making the directory ", directory));
  }
  ASSIGN_OR_RETURN(const Key key, NewKey());
  const std::string uri = absl::StrCat(kScheme, trust_domain);
  const absl::Time not_after = now + absl::Hours(24) * kLongestDays;
  ASSIGN_OR_RETURN(const Certificate certificate,
                   Sign(key.get(), "Lifeboat CA", now, not_after,
                        {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                         {NID_key_usage, "critical,keyCertSign,cRLSign"},
                         {NID_subject_key_identifier, "hash"},
                         {NID_subject_alt_name, absl::StrCat("URI:", uri)}},
                        nullptr));
  return WritePair(stem, uri, certificate.get(), key.get(), not_after);
}

absl::StatusOr<Issued> IssueCertificate(const std::string& directory, Role role,
                                        absl::string_view name, int days, absl::Time now,
                                        bool force) {
  if (!IsValidName(name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "name \"", name, "\" wants lower-case letters, digits and -, at most 63 of them"));
  }
  if (days < 1 || days > kLongestDays) {
    return absl::InvalidArgumentError(
        absl::StrCat("--days ", days, " is not between 1 and ", kLongestDays));
  }
  ASSIGN_OR_RETURN(const Authority authority, LoadAuthority(directory));
  const absl::Time authority_ends = NotAfter(authority.certificate.get());
  if (authority_ends <= now) {
    return absl::InvalidArgumentError(absl::StrCat(
        directory, "/ca.pem ended at ", absl::FormatTime(authority_ends, absl::UTCTimeZone()),
        "; make a new authority, and new certificates for everybody"));
  }
  const Identity identity{authority.trust_domain, role, std::string(name)};
  const std::string stem = absl::StrCat(directory, "/", RoleName(role), "-", name);
  RETURN_IF_ERROR(
      RefuseToOverwrite({absl::StrCat(stem, ".pem"), absl::StrCat(stem, ".key")}, force));
  ASSIGN_OR_RETURN(const Key key, NewKey());
  const absl::Time not_after = std::min(now + absl::Hours(24) * days, authority_ends);
  ASSIGN_OR_RETURN(const Certificate certificate,
                   Sign(key.get(), identity.name, now, not_after,
                        {{NID_basic_constraints, "critical,CA:FALSE"},
                         {NID_key_usage, "critical,digitalSignature"},
                         {NID_ext_key_usage, "serverAuth,clientAuth"},
                         {NID_subject_key_identifier, "hash"},
                         {NID_authority_key_identifier, "keyid:always"},
                         {NID_subject_alt_name, absl::StrCat("URI:", identity.Uri())}},
                        &authority));
  return WritePair(stem, identity.Uri(), certificate.get(), key.get(), not_after);
}

}  // namespace lifeboat::ctl
