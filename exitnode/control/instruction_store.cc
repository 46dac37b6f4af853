#include "exitnode/control/instruction_store.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/descriptor.h"
#include "base/file.h"
#include "base/status.h"
#include "exitnode/control/to_proto.h"

namespace lifeboat::exitnode {
namespace {

// A file is this line, the SHA-256 of what follows in hex, and an ExitInstruction.
constexpr absl::string_view kHeading = "lifeboat exit instructions 1\n";
constexpr size_t kMostBytes = 8 << 20;

constexpr char kLast[] = "instructions";
constexpr char kPrevious[] = "instructions.previous";
constexpr char kNew[] = "instructions.new";

std::string Checksum(absl::string_view bytes) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data());
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string Wrap(const std::string& body) {
  return absl::StrCat(kHeading, Checksum(body), "\n", body);
}

absl::StatusOr<Instruction> Unwrap(absl::string_view file) {
  const absl::Status damaged = absl::DataLossError("the file is damaged");
  if (!absl::ConsumePrefix(&file, kHeading)) return damaged;
  constexpr size_t kChecksumBytes = 2 * SHA256_DIGEST_LENGTH + 1;
  if (file.size() < kChecksumBytes) return damaged;
  const absl::string_view body = file.substr(kChecksumBytes);
  if (file.substr(0, kChecksumBytes) != absl::StrCat(Checksum(body), "\n")) return damaged;
  lifeboat::v1::ExitInstruction proto;
  if (!proto.ParseFromArray(body.data(), static_cast<int>(body.size()))) return damaged;
  return FromProto(proto);
}

absl::StatusOr<Instruction> Read(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string file, ReadFile(path, kMostBytes));
  return Unwrap(file);
}

absl::Status WriteAll(int descriptor, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, absl::StrCat("writing ", path));
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  if (fsync(descriptor) != 0) return ErrnoStatus(errno, absl::StrCat("writing ", path));
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& directory) {
  const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || fsync(opened.get()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("writing ", directory));
  }
  return absl::OkStatus();
}

}  // namespace

std::string InstructionStore::Path(absl::string_view file) const {
  return absl::StrCat(directory_, "/", file);
}

absl::Status InstructionStore::Save(const Instruction& instruction) const {
  if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, absl::StrCat("making ", directory_));
  }
  const std::string fresh = Path(kNew);
  unlink(fresh.c_str());  // of a start that was cut off
  {
    const Descriptor file(
        open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.get() < 0) return ErrnoStatus(errno, absl::StrCat("writing ", fresh));
    RETURN_IF_ERROR(WriteAll(file.get(), Wrap(ToProto(instruction).SerializeAsString()), fresh));
  }
  if (Read(Path(kLast)).ok()) RETURN_IF_ERROR(KeepLast());
  if (rename(fresh.c_str(), Path(kLast).c_str()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("writing ", Path(kLast)));
  }
  return SyncDirectory(directory_);
}

// Gives the last copy, which is whole, a second name before the new one takes its first: there is
// always a whole one.
absl::Status InstructionStore::KeepLast() const {
  const std::string previous = Path(kPrevious);
  unlink(previous.c_str());
  if (link(Path(kLast).c_str(), previous.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("keeping ", previous));
}

StoredInstruction InstructionStore::Load() const {
  StoredInstruction stored;
  for (const char* name : {kLast, kPrevious}) {
    absl::StatusOr<Instruction> instruction = Read(Path(name));
    if (instruction.ok()) {
      stored.instruction = *std::move(instruction);
      return stored;
    }
    if (absl::IsNotFound(instruction.status())) continue;
    absl::StrAppend(&stored.trouble, stored.trouble.empty() ? "" : "; ", Path(name), ": ",
                    Words(instruction.status()));
  }
  return stored;
}

}  // namespace lifeboat::exitnode
