#ifndef LIFEBOAT_BASE_FILE_H_
#define LIFEBOAT_BASE_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lifeboat {

// The whole of a file. NOT_FOUND or PERMISSION_DENIED in the system's words, OUT_OF_RANGE when it
// is larger than `most_bytes`, INVALID_ARGUMENT for a directory. Each names the path.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t most_bytes);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_FILE_H_
