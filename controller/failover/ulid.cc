#include "controller/failover/ulid.h"

#include <algorithm>
#include <cstdint>

#include "absl/random/distributions.h"

namespace lifeboat {
namespace {

constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

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

}  // namespace lifeboat
