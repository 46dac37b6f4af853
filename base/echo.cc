#include "base/echo.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

struct EvpFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

// OpenSSL 3 looks an algorithm up anew wherever it is only named, which takes many times as long as
// these few bytes.
const EVP_MD* Sha256() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return sha256;
}

std::unique_ptr<EVP_MAC_CTX, EvpFree> NewHmacSha256() {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  std::unique_ptr<EVP_MAC_CTX, EvpFree> context(EVP_MAC_CTX_new(hmac));
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  EVP_MAC_CTX_set_params(context.get(), parameters);
  return context;
}

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

EchoBytes EchoNonce(std::span<const EchoBytes> seeds, uint64_t counter) {
  std::array<uint8_t, 8> big_endian;
  for (size_t i = 0; i < big_endian.size(); ++i) {
    big_endian[i] = static_cast<uint8_t>(counter >> (8 * (7 - i)));
  }
  EchoBytes nonce{};
  const std::unique_ptr<EVP_MD_CTX, EvpFree> context(EVP_MD_CTX_new());
  EVP_DigestInit_ex(context.get(), Sha256(), nullptr);
  for (const EchoBytes& seed : seeds) EVP_DigestUpdate(context.get(), seed.data(), seed.size());
  EVP_DigestUpdate(context.get(), big_endian.data(), big_endian.size());
  EVP_DigestFinal_ex(context.get(), nonce.data(), nullptr);
  return nonce;
}

EchoBytes EchoMac(absl::string_view key, absl::string_view path, const EchoBytes& nonce) {
  static thread_local const auto context = NewHmacSha256();  // each MAC begins it anew
  EchoBytes mac{};
  size_t length = 0;
  EVP_MAC_init(context.get(), Bytes(key), key.size(), nullptr);
  EVP_MAC_update(context.get(), Bytes(path), path.size());
  EVP_MAC_update(context.get(), nonce.data(), nonce.size());
  EVP_MAC_final(context.get(), mac.data(), &length, mac.size());
  return mac;
}

bool SameEcho(const EchoBytes& a, const EchoBytes& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::StatusOr<std::string> EchoKey(absl::string_view file_content) {
  const absl::string_view key = absl::StripAsciiWhitespace(file_content);
  if (key.size() >= kLeastEchoKeyBytes) return std::string(key);
  return absl::InvalidArgumentError(absl::StrCat("has ", key.size(), " bytes and wants ",
                                                 kLeastEchoKeyBytes,
                                                 " or more: `openssl rand -hex 32`"));
}

std::string ToHex(const EchoBytes& bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::optional<EchoBytes> EchoFromHex(absl::string_view hex) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (hex.size() != 2 * sizeof(EchoBytes) || !std::all_of(hex.begin(), hex.end(), is_digit)) {
    return std::nullopt;
  }
  return EchoFromBytes(absl::HexStringToBytes(hex));
}

std::optional<EchoBytes> EchoFromBytes(absl::string_view bytes) {
  EchoBytes echo;
  if (bytes.size() != echo.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), echo.begin());
  return echo;
}

}  // namespace lifeboat
