#include "exitnode/guard/socket_filter.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

// Offsets within the IP header, which SKF_NET_OFF makes reachable from the TCP layer.
constexpr uint32_t Header(uint32_t offset) { return static_cast<uint32_t>(SKF_NET_OFF) + offset; }
constexpr uint32_t kV4Source = 12;
constexpr uint32_t kV6Source = 8;
constexpr uint8_t kV6Words = 4;

constexpr uint32_t kDrop = 0;
constexpr uint32_t kPass = 0xffffffff;  // as many bytes as there are

sock_filter Step(uint16_t code, uint32_t k) { return sock_filter{code, 0, 0, k}; }

// Skips `otherwise` steps unless the accumulator is `value`.
sock_filter UnlessEqual(uint32_t value, uint8_t otherwise) {
  return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, otherwise, value};
}

// The i-th four bytes of an address, in host order, as BPF loads them.
uint32_t Word(const IpAddress& address, int i) {
  const std::string bytes = address.ToBytes();
  uint32_t word = 0;
  for (const char byte : bytes.substr(4 * i, 4)) word = word << 8 | static_cast<uint8_t>(byte);
  return word;
}

void PassV4(const std::vector<IpAddress>& addresses, FilterProgram& program) {
  program.push_back(Step(BPF_LD | BPF_W | BPF_ABS, Header(kV4Source)));
  for (const IpAddress& address : addresses) {
    if (!address.is_v4()) continue;
    program.push_back(UnlessEqual(Word(address, 0), 1));
    program.push_back(Step(BPF_RET | BPF_K, kPass));
  }
  program.push_back(Step(BPF_RET | BPF_K, kDrop));
}

// The source is loaded once into the scratch memory: loads from the packet are the steps that grow
// most when the kernel translates the program, and its size is what is limited.
void PassV6(const std::vector<IpAddress>& addresses, FilterProgram& program) {
  for (uint8_t i = 0; i < kV6Words; ++i) {
    program.push_back(Step(BPF_LD | BPF_W | BPF_ABS, Header(kV6Source + 4 * i)));
    program.push_back(Step(BPF_ST, i));
  }
  for (const IpAddress& address : addresses) {
    if (address.is_v4()) continue;
    for (uint8_t i = 0; i < kV6Words; ++i) {
      const uint8_t to_next_address = 2 * (kV6Words - 1 - i) + 1;
      program.push_back(Step(BPF_LD | BPF_MEM, i));
      program.push_back(UnlessEqual(Word(address, i), to_next_address));
    }
    program.push_back(Step(BPF_RET | BPF_K, kPass));
  }
  program.push_back(Step(BPF_RET | BPF_K, kDrop));
}

}  // namespace

FilterProgram PassOnly(const std::vector<IpAddress>& addresses) {
  FilterProgram v4;
  PassV4(addresses, v4);
  FilterProgram program = {
      Step(BPF_LD | BPF_B | BPF_ABS, Header(0)),
      Step(BPF_ALU | BPF_RSH | BPF_K, 4),  // the IP version
      UnlessEqual(4, 1),
      Step(BPF_JMP | BPF_JA, 1),
      Step(BPF_JMP | BPF_JA, static_cast<uint32_t>(v4.size())),
  };
  program.insert(program.end(), v4.begin(), v4.end());
  PassV6(addresses, program);
  return program;
}

absl::Status AttachFilter(int socket, const FilterProgram& program) {
  sock_fprog attached{};
  attached.len = static_cast<uint16_t>(program.size());
  attached.filter = const_cast<sock_filter*>(program.data());
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) == 0) {
    return absl::OkStatus();
  }
  const absl::Status refused =
      ErrnoStatus(errno, "making a visitor port dark by a filter on its socket");
  if (!absl::IsPermissionDenied(refused)) return refused;
  return absl::PermissionDeniedError(
      absl::StrCat(Words(refused),
                   "; this kernel wants CAP_NET_ADMIN for it: grant the capability "
                   "(AmbientCapabilities= in a systemd unit)"));
}

absl::Status DetachFilter(int socket) {
  const int unused = 0;
  if (setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0 ||
      errno == ENOENT) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, "taking the stand-by filter off a socket");
}

}  // namespace lifeboat::exitnode
