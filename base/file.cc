#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat {

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t most_bytes) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return ErrnoStatus(errno, absl::StrCat("cannot open ", path));
  const absl::Cleanup close_file = [file] { close(file); };
  std::string content;
  std::array<char, 16384> chunk;
  while (true) {
    const ssize_t got = read(file, chunk.data(), chunk.size());
    if (got == 0) return content;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EISDIR) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is a directory, not a file"));
    }
    if (got < 0) return ErrnoStatus(errno, absl::StrCat("cannot read ", path));
    content.append(chunk.data(), got);
    if (content.size() > most_bytes) {
      return absl::OutOfRangeError(
          absl::StrCat(path, " is larger than ", most_bytes, " bytes; is it the right file?"));
    }
  }
}

}  // namespace lifeboat
