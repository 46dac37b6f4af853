#include "base/echo.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

struct EvpFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using EvpContext = std::unique_ptr<EVP_MD_CTX, EvpFree>;

}  // namespace

EchoBytes EchoNonce(std::span<const EchoBytes> seeds, uint64_t counter) {
  std::array<uint8_t, 8> big_endian;
  for (size_t i = 0; i < big_endian.size(); ++i) {
    big_endian[i] = static_cast<uint8_t>(counter >> (8 * (7 - i)));
  }
  EchoBytes nonce{};
  const EvpContext context(EVP_MD_CTX_new());
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const EchoBytes& seed : seeds) EVP_DigestUpdate(context.get(), seed.data(), seed.size());
  EVP_DigestUpdate(context.get(), big_endian.data(), big_endian.size());
  EVP_DigestFinal_ex(context.get(), nonce.data(), nullptr);
  return nonce;
}

EchoBytes EchoMac(absl::string_view key, absl::string_view path, const EchoBytes& nonce) {
  EchoBytes mac{};
  size_t length = mac.size();
  const std::unique_ptr<EVP_PKEY, EvpFree> secret(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_HMAC, nullptr, reinterpret_cast<const uint8_t*>(key.data()), key.size()));
  const EvpContext context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, secret.get());
  EVP_DigestSignUpdate(context.get(), path.data(), path.size());
  EVP_DigestSignUpdate(context.get(), nonce.data(), nonce.size());
  EVP_DigestSignFinal(context.get(), mac.data(), &length);
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
