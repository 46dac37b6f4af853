#include "controller/dns/tsig.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "controller/dns/dns_message.h"
#include "controller/dns/ldns_handles.h"

namespace lifeboat {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr uint16_t kTypeTsig = 250;
constexpr uint16_t kClassAny = 255;
constexpr int64_t kMostSeconds = (int64_t{1} << 48) - 1;

std::string Octets16(uint16_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string Octets48(int64_t value) {
  std::string octets;
  for (int shift = 40; shift >= 0; shift -= 8) octets += static_cast<char>(value >> shift & 0xff);
  return octets;
}

int64_t Number(absl::string_view octets) {
  int64_t value = 0;
  for (const char octet : octets) value = value << 8 | static_cast<unsigned char>(octet);
  return value;
}

int64_t WholeSeconds(absl::Time time) {
  return std::clamp<int64_t>(absl::ToUnixSeconds(time), 0, kMostSeconds);
}

absl::string_view BytesOf(const ldns_rdf* rdf) {
  if (rdf == nullptr) return {};
  return {reinterpret_cast<const char*>(ldns_rdf_data(rdf)), ldns_rdf_size(rdf)};
}

// The canonical wire form: lower case, uncompressed. The name was parsed before.
std::string WireName(const std::string& name) {
  const Ldns<ldns_rdf> rdf(ldns_dname_new_frm_str(name.c_str()));
  return absl::AsciiStrToLower(BytesOf(rdf.get()));
}

// The TSIG variables of RFC 8945 §4.3.3.
struct Variables {
  int64_t time = 0;
  uint16_t fudge = 0;
  uint16_t error = 0;
  std::string other;

  std::string ToBytes(const TsigSecret& key) const {
    return absl::StrCat(WireName(key.name), Octets16(kClassAny), std::string(4, '\0'),
                        WireName(key.algorithm), Octets48(time), Octets16(fudge), Octets16(error),
                        Octets16(static_cast<uint16_t>(other.size())), other);
  }
};

std::string Hmac(const TsigSecret& key, absl::string_view input) {
  const EVP_MD* digest = key.algorithm == "hmac-sha512." ? EVP_sha512() : EVP_sha256();
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(digest, key.secret.data(), static_cast<int>(key.secret.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &size);
  return std::string(reinterpret_cast<const char*>(mac), size);
}

void SetArcount(std::string& message, int64_t count) {
  message.replace(10, 2, Octets16(static_cast<uint16_t>(count)));
}

// A reply's TSIG, taken apart.
struct Found {
  std::string key_name;
  std::string algorithm;
  Variables variables;
  std::string mac;
  std::string original_id;
  size_t offset = 0;  // where the TSIG begins
};

// The last record of the message if it is a well-formed TSIG.
std::optional<Found> FindTsig(absl::string_view message) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(message.data());
  if (message.size() < kHeaderBytes || Number(message.substr(10, 2)) == 0) return std::nullopt;
  size_t position = kHeaderBytes, last = 0;
  Ldns<ldns_rr> rr;
  for (const ldns_pkt_section section : {LDNS_SECTION_QUESTION, LDNS_SECTION_ANSWER,
                                         LDNS_SECTION_AUTHORITY, LDNS_SECTION_ADDITIONAL}) {
    const int64_t count = Number(message.substr(4 + 2 * static_cast<size_t>(section), 2));
    for (int64_t i = 0; i < count; ++i) {
      last = position;
      ldns_rr* next = nullptr;
      if (ldns_wire2rr(&next, bytes, message.size(), &position, section) != LDNS_STATUS_OK) {
        return std::nullopt;
      }
      rr.reset(next);
    }
  }
  if (position != message.size() || ldns_rr_get_type(rr.get()) != kTypeTsig ||
      ldns_rr_get_class(rr.get()) != kClassAny || ldns_rr_ttl(rr.get()) != 0 ||
      ldns_rr_rd_count(rr.get()) != 7) {
    return std::nullopt;
  }
  const auto field = [&rr](size_t index) { return BytesOf(ldns_rr_rdf(rr.get(), index)); };
  return Found{.key_name = absl::AsciiStrToLower(BytesOf(ldns_rr_owner(rr.get()))),
               .algorithm = absl::AsciiStrToLower(field(0)),
               .variables = {.time = Number(field(1)),
                             .fudge = static_cast<uint16_t>(Number(field(2))),
                             .error = static_cast<uint16_t>(Number(field(5))),
                             // MAC and other data begin with their length.
                             .other = std::string(absl::ClippedSubstr(field(6), 2))},
               .mac = std::string(absl::ClippedSubstr(field(3), 2)),
               .original_id = std::string(field(4)),
               .offset = last};
}

std::string ReplyMac(const TsigSecret& key, absl::string_view request_mac, absl::string_view reply,
                     const Found& found) {
  std::string bare(reply.substr(0, found.offset));
  SetArcount(bare, Number(reply.substr(10, 2)) - 1);
  bare.replace(0, 2, found.original_id);
  return Hmac(key, absl::StrCat(Octets16(static_cast<uint16_t>(request_mac.size())), request_mac,
                                bare, found.variables.ToBytes(key)));
}

std::string WhyNot(const TsigSecret& key, absl::string_view request_mac, absl::string_view reply,
                   const Found& found, absl::Time now) {
  if (found.key_name != WireName(key.name) || found.algorithm != WireName(key.algorithm)) {
    return "it is signed with another key or algorithm";
  }
  const std::string mac = ReplyMac(key, request_mac, reply, found);
  if (found.mac.empty()) return "it is not signed";
  if (found.mac.size() != mac.size() ||
      CRYPTO_memcmp(found.mac.data(), mac.data(), mac.size()) != 0) {
    return "its signature is wrong";
  }
  const int64_t apart = std::abs(WholeSeconds(now) - found.variables.time);
  if (apart > found.variables.fudge) {
    return absl::StrCat("it was signed ", apart, " s away from our clock");
  }
  return "";
}

}  // namespace

absl::StatusOr<TsigSecret> TsigSecret::Make(absl::string_view name, absl::string_view algorithm,
                                            absl::string_view base64) {
  TsigSecret key;
  ASSIGN_OR_RETURN(key.name, AbsoluteName(name));
  key.algorithm = absl::StrCat(absl::AsciiStrToLower(absl::StripSuffix(algorithm, ".")), ".");
  if (key.algorithm != "hmac-sha256." && key.algorithm != "hmac-sha512.") {
    return absl::InvalidArgumentError(
        absl::StrCat("TSIG key \"", key.name, "\": algorithm \"", algorithm,
                     "\" is not offered; use hmac-sha256 or hmac-sha512 on both sides"));
  }
  if (!absl::Base64Unescape(base64, &key.secret) || key.secret.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "TSIG key \"", key.name, "\": its secret is not base64; copy it as tsig-keygen wrote it"));
  }
  return key;
}

SignedMessage SignMessage(const TsigSecret& key, absl::string_view message, absl::Time now) {
  const Variables variables{.time = WholeSeconds(now),
                            .fudge = static_cast<uint16_t>(absl::ToInt64Seconds(kTsigFudge))};
  SignedMessage result;
  result.mac = Hmac(key, absl::StrCat(message, variables.ToBytes(key)));
  const std::string rdata =
      absl::StrCat(WireName(key.algorithm), Octets48(variables.time), Octets16(variables.fudge),
                   Octets16(static_cast<uint16_t>(result.mac.size())), result.mac,
                   message.substr(0, 2), Octets16(variables.error), Octets16(0));
  result.wire =
      absl::StrCat(message, WireName(key.name), Octets16(kTypeTsig), Octets16(kClassAny),
                   std::string(4, '\0'), Octets16(static_cast<uint16_t>(rdata.size())), rdata);
  SetArcount(result.wire, Number(message.substr(10, 2)) + 1);
  return result;
}

std::string TsigErrorName(TsigError error) {
  switch (error) {
    case TsigError::kNone:
      return "NOERROR";
    case TsigError::kBadSig:
      return "BADSIG";
    case TsigError::kBadKey:
      return "BADKEY";
    case TsigError::kBadTime:
      return "BADTIME";
    case TsigError::kBadTrunc:
      return "BADTRUNC";
  }
  return absl::StrCat("TSIG error ", static_cast<int>(error));
}

TsigReply VerifyReply(const TsigSecret& key, absl::string_view request_mac, absl::string_view reply,
                      absl::Time now) {
  const std::optional<Found> found = FindTsig(reply);
  if (!found) return {.why_not = "it carries no TSIG"};
  TsigReply result{.present = true,
                   .error = static_cast<TsigError>(found->variables.error),
                   .why_not = WhyNot(key, request_mac, reply, *found, now)};
  result.authentic = result.why_not.empty();
  if (result.error == TsigError::kBadTime && found->variables.other.size() == 6) {
    result.server_ahead = absl::Seconds(Number(found->variables.other) - found->variables.time);
  }
  return result;
}

}  // namespace lifeboat
