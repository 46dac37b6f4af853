#include "base/testing/test_pki.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

std::string Pem(X509* certificate) {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string pem(data, size);
  BIO_free(memory);
  return pem;
}

std::string Pem(EVP_PKEY* key) {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string pem(data, size);
  BIO_free(memory);
  return pem;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* Unsigned(EVP_PKEY* key, int serial, const std::string& common_name,
               const TestPki::Wish& wish) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(wish.not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(wish.not_after));
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  return certificate;
}

}  // namespace

TestPki::TestPki() : key_(EVP_EC_gen("P-256")) {
  std::string pattern = absl::StrCat(testing::TempDir(), "/pki.XXXXXX");
  directory_ = mkdtemp(pattern.data());
  certificate_ = Unsigned(key_, serial_++, "Test CA", {});
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  AddExtension(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate_, certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate_, certificate_, NID_subject_key_identifier, "hash");
  X509_sign(certificate_, key_, EVP_sha256());
  Write("ca.pem", Pem(certificate_));
}

TestPki::~TestPki() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
  std::error_code ignored;  // the test's own directory goes with the sandbox anyway
  std::filesystem::remove_all(directory_, ignored);
}

TlsFiles TestPki::Issue(absl::string_view stem, const Wish& wish) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = Unsigned(key, serial_++, std::string(stem), wish);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
  std::vector<std::string> names;
  for (const std::string& uri : wish.uris) names.push_back(absl::StrCat("URI:", uri));
  for (const std::string& host : wish.hosts) names.push_back(absl::StrCat("DNS:", host));
  if (!names.empty()) {
    AddExtension(certificate, certificate_, NID_subject_alt_name, absl::StrJoin(names, ","));
  }
  AddExtension(certificate, certificate_, NID_ext_key_usage, "serverAuth,clientAuth");
  X509_sign(certificate, key_, EVP_sha256());
  const TlsFiles files{.ca = Path("ca.pem"),
                       .certificate = Write(absl::StrCat(stem, ".pem"), Pem(certificate)),
                       .key = Write(absl::StrCat(stem, ".key"), Pem(key))};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

TlsFiles TestPki::Issue(Role role, absl::string_view name) {
  const Identity identity{.trust_domain = "test", .role = role, .name = std::string(name)};
  return Issue(absl::StrCat(RoleName(role), "-", name), {.uris = {identity.Uri()}});
}

std::string TestPki::Path(absl::string_view file) const {
  return absl::StrCat(directory_, "/", file);
}

std::string TestPki::Write(absl::string_view file, absl::string_view content) const {
  const std::string path = Path(file);
  std::ofstream(path) << content;
  return path;
}

}  // namespace lifeboat
