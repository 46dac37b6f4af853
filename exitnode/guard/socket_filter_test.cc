#include "exitnode/guard/socket_filter.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "exitnode/guard/allow_list.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

IpAddress Address(absl::string_view text) { return *IpAddress::Parse(text); }

std::vector<IpAddress> Addresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> addresses;
  for (const std::string& text : texts) addresses.push_back(Address(text));
  return addresses;
}

// The IP header of a segment from `source`.
std::string HeaderFrom(const IpAddress& source) {
  std::string header(source.is_v4() ? 20 : 40, '\0');
  header[0] = static_cast<char>(source.is_v4() ? 0x45 : 0x60);
  const std::string bytes = source.ToBytes();
  return header.replace(source.is_v4() ? 12 : 8, bytes.size(), bytes);
}

uint32_t LoadBytes(const std::string& header, uint32_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | static_cast<uint8_t>(header.at(at + i));
  return value;
}

// What the kernel does, slowly: runs the instructions that such programs are made of.
uint32_t Interpret(const FilterProgram& program, const std::string& header) {
  uint32_t accumulator = 0;
  std::array<uint32_t, BPF_MEMWORDS> memory{};
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    const uint32_t offset = step.k - static_cast<uint32_t>(SKF_NET_OFF);
    switch (step.code) {
      case BPF_LD | BPF_B | BPF_ABS:
        accumulator = LoadBytes(header, offset, 1);
        break;
      case BPF_LD | BPF_W | BPF_ABS:
        accumulator = LoadBytes(header, offset, 4);
        break;
      case BPF_LD | BPF_MEM:
        accumulator = memory.at(step.k);
        break;
      case BPF_ST:
        memory.at(step.k) = accumulator;
        break;
      case BPF_ALU | BPF_RSH | BPF_K:
        accumulator >>= step.k;
        break;
      case BPF_JMP | BPF_JA:
        at += step.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == step.k ? step.jt : step.jf;
        break;
      case BPF_RET | BPF_K:
        return step.k;
      default:
        ADD_FAILURE() << "step " << at << " has code " << step.code;
        return 0;
    }
  }
  ADD_FAILURE() << "ran past the end";
  return 0;
}

TEST(SocketFilterTest, PassesExactlyTheAddressesOfTheList) {
  const std::vector<std::string> kAddresses = {
      "192.0.2.1",   "192.0.2.2", "10.0.0.1",         "255.255.255.255",
      "2001:db8::1", "::1",       "2001:db8:0:0:1::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  };
  for (size_t mask = 0; mask < 1u << kAddresses.size(); ++mask) {
    std::vector<std::string> allowed;
    for (size_t i = 0; i < kAddresses.size(); ++i) {
      if (mask >> i & 1) allowed.push_back(kAddresses[i]);
    }
    const FilterProgram program = PassOnly(Addresses(allowed));
    for (size_t i = 0; i < kAddresses.size(); ++i) {
      EXPECT_EQ(Interpret(program, HeaderFrom(Address(kAddresses[i]))) != 0, (mask >> i & 1) != 0)
          << kAddresses[i] << " with the list " << mask;
    }
  }
}

TEST(SocketFilterTest, AnAddressThatDiffersInOneBitIsAStranger) {
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    const FilterProgram program = PassOnly({Address(text)});
    const std::string bytes = Address(text).ToBytes();
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      std::string other = bytes;
      other[bit / 8] ^= static_cast<char>(1 << bit % 8);
      EXPECT_EQ(Interpret(program, HeaderFrom(*IpAddress::FromBytes(other))), 0u) << bit;
    }
  }
}

// A socket that ends with its scope.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Endpoint LocalEndpoint(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  EXPECT_EQ(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length), 0);
  return *Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address));
}

int Bound(int type, const Endpoint& endpoint) {
  sockaddr_storage address{};
  const socklen_t length = endpoint.ToSockaddr(address);
  const int descriptor = socket(address.ss_family, SOCK_STREAM | type, 0);
  EXPECT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&address), length), 0);
  return descriptor;
}

// "connected", "silence" or "refused", seen from `source`.
std::string Knock(absl::string_view source, const Endpoint& target, int patience_ms) {
  const Socket client(Bound(SOCK_NONBLOCK, Endpoint{Address(source), 0}));
  sockaddr_storage address{};
  const socklen_t length = target.ToSockaddr(address);
  if (connect(client.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 &&
      errno != EINPROGRESS) {
    return "refused";
  }
  pollfd wait{client.get(), POLLOUT, 0};
  if (poll(&wait, 1, patience_ms) == 0) return "silence";
  int error = 0;
  socklen_t error_length = sizeof error;
  getsockopt(client.get(), SOL_SOCKET, SO_ERROR, &error, &error_length);
  return error == 0 ? "connected" : "refused";
}

constexpr int kPatience = 2000;
constexpr int kBriefly = 200;  // a stranger's wait: silence is what is awaited

class DarkPortTest : public testing::Test {
 protected:
  DarkPortTest() : listener_(Bound(0, Endpoint{Address("0.0.0.0"), 0})) {
    EXPECT_EQ(AttachFilter(listener_.get(), PassOnly({Address("127.0.0.2")})), absl::OkStatus());
    EXPECT_EQ(listen(listener_.get(), 16), 0);
    port_ = Endpoint{Address("127.0.0.1"), LocalEndpoint(listener_.get()).port};
  }

  const Socket listener_;
  Endpoint port_;
};

TEST_F(DarkPortTest, AnswersTheAllowedAndIsSilentToStrangers) {
  EXPECT_EQ(Knock("127.0.0.2", port_, kPatience), "connected");
  EXPECT_EQ(Knock("127.0.0.3", port_, kBriefly), "silence");
}

TEST_F(DarkPortTest, IsOpenToAllOnceTheFilterIsOff) {
  EXPECT_TRUE(DetachFilter(listener_.get()).ok());
  EXPECT_TRUE(DetachFilter(listener_.get()).ok()) << "a second time";
  EXPECT_EQ(Knock("127.0.0.3", port_, kPatience), "connected");
}

TEST_F(DarkPortTest, ARenewedFilterCountsAtOnce) {
  EXPECT_EQ(AttachFilter(listener_.get(), PassOnly({Address("127.0.0.3")})), absl::OkStatus());
  EXPECT_EQ(Knock("127.0.0.3", port_, kPatience), "connected");
  EXPECT_EQ(Knock("127.0.0.2", port_, kBriefly), "silence");
}

TEST_F(DarkPortTest, AnAcceptedSocketSpeaksOnAfterItsSourceHasLeftTheList) {
  const Socket client(Bound(0, Endpoint{Address("127.0.0.2"), 0}));
  sockaddr_storage address{};
  const socklen_t length = port_.ToSockaddr(address);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  const Socket accepted(accept(listener_.get(), nullptr, nullptr));
  ASSERT_EQ(AttachFilter(listener_.get(), PassOnly({})), absl::OkStatus());
  ASSERT_TRUE(DetachFilter(accepted.get()).ok());
  ASSERT_EQ(send(client.get(), "x", 1, 0), 1);
  pollfd wait{accepted.get(), POLLIN, 0};
  EXPECT_EQ(poll(&wait, 1, kPatience), 1);
}

TEST(SocketFilterKernelTest, TakesAFullListOfEitherFamily) {
  // Words above 2^31 take one step more in the kernel's own translation.
  for (const char* prefix : {"240.0.0.", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:"}) {
    std::vector<IpAddress> addresses;
    for (size_t i = 0; i < AllowList::kMostAddresses; ++i) {
      addresses.push_back(Address(absl::StrCat(prefix, i)));
    }
    const Socket listener(Bound(0, Endpoint{Address("0.0.0.0"), 0}));
    EXPECT_EQ(AttachFilter(listener.get(), PassOnly(addresses)), absl::OkStatus()) << prefix;
  }
}

}  // namespace
}  // namespace lifeboat::exitnode
