#include "controller/failover/ulid.h"

#include <algorithm>
#include <cstdint>

#include "absl/random/distributions.h"
#include "absl/strings/string_view.h"

namespace lifeboat {
namespace {

constexpr absl::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void AppendBase32(uint64_t value, int digits, std::string& out) {
  for (int shift = 5 * (digits - 1); shift >= 0; shift -= 5) out += kAlphabet[value >> shift & 31];
}

}  // namespace

std::string NewUlid(absl::Time at, absl::BitGenRef random) {
  std::string id;
  id.reserve(26);
  AppendBase32(static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixMillis(at), 0)), 10, id);
  AppendBase32(absl::Uniform<uint64_t>(random), 8, id);
  AppendBase32(absl::Uniform<uint64_t>(random), 8, id);
  return id;
}

std::string NextUlid(const std::string& last, absl::Time at, absl::BitGenRef random) {
  std::string id = NewUlid(at, random);
  if (id > last) return id;
  id = last;
  for (auto digit = id.rbegin(); digit != id.rend(); ++digit) {
    const size_t value = kAlphabet.find(*digit);
    const bool carries = value + 1 == kAlphabet.size();
    *digit = kAlphabet[carries ? 0 : value + 1];
    if (!carries) break;
  }
  return id;
}

}  // namespace lifeboat
