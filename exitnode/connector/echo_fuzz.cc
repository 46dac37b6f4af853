// The echo listener's parser: no crash, and a nonce only from a GET that carries its very digits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "exitnode/connector/echo_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view head(reinterpret_cast<const char*>(data), size);
  const lifeboat::exitnode::EchoRequest request = lifeboat::exitnode::ParseEchoRequest(head);
  if (request.status != 200) return 0;
  const std::string query = absl::StrCat("?nonce=", lifeboat::ToHex(request.nonce), " HTTP/1.");
  if (!absl::StartsWith(head, "GET /") || !absl::StrContains(head, query)) std::abort();
  return 0;
}
