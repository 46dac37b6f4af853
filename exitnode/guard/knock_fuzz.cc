// The knock's parser: no crash, and only its own two verbs open or close anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "exitnode/guard/knock_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using lifeboat::exitnode::KnockRequest;
  const absl::string_view head(reinterpret_cast<const char*>(data), size);
  const KnockRequest request = lifeboat::exitnode::ParseKnock(head);
  if (request == KnockRequest::kOpen && !absl::StartsWith(head, "POST /knock ")) std::abort();
  if (request == KnockRequest::kWithdraw && !absl::StartsWith(head, "DELETE /knock ")) std::abort();
  return 0;
}
