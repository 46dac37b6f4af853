#include "controller/dns/testing/bind_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "controller/dns/dns_client.h"

namespace lifeboat {
namespace {

constexpr char kNamed[] = "/usr/sbin/named";

constexpr char kConfig[] = R"(
key "lifeboat-key" { algorithm hmac-sha256; secret "$2"; };
key "poor-key" { algorithm hmac-sha256; secret "$2"; };
options {
  directory "$0";
  pid-file "named.pid";
  session-keyfile "session.key";
  lock-file none;
  listen-on port $1 { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  minimal-responses yes;
  notify explicit;
  notify-delay 0;
  allow-transfer { key "lifeboat-key"; };
};
controls { };
zone "lifeboat.test" { $3 };
)";

constexpr char kZone[] = R"($ORIGIN lifeboat.test.
$TTL 300
@      IN SOA ns1 hostmaster 1 3600 600 604800 30
@      IN NS  ns1
@      IN NS  ns2.elsewhere.test.
ns1    IN A   127.0.0.1
www    IN CNAME edge.test.
)";

std::string MakeDirectory() {
  std::string directory = testing::TempDir() + "bind_XXXXXX";
  EXPECT_NE(mkdtemp(directory.data()), nullptr) << directory;
  return directory;
}

void Write(const std::string& path, const std::string& content) { std::ofstream(path) << content; }

std::string ReadAll(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

bool IsFree(uint16_t port, int type) {
  const int fd = socket(AF_INET, type, 0);
  sockaddr_storage storage;
  const socklen_t size = Endpoint::Parse(absl::StrCat("127.0.0.1:", port))->ToSockaddr(storage);
  const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0;
  close(fd);
  return free;
}

}  // namespace

bool BindServer::IsInstalled() { return access(kNamed, X_OK) == 0; }

uint16_t BindServer::FreePort() {
  std::random_device random;
  while (true) {
    const auto port = static_cast<uint16_t>(20'000 + random() % 12'000);
    if (IsFree(port, SOCK_DGRAM) && IsFree(port, SOCK_STREAM)) return port;
  }
}

std::unique_ptr<BindServer> BindServer::Primary(uint16_t notify_port) {
  return std::unique_ptr<BindServer>(new BindServer(
      FreePort(),
      absl::StrCat("type primary; file \"zone\"; also-notify { 127.0.0.1 port ", notify_port,
                   "; }; update-policy { grant lifeboat-key zonesub ANY; grant "
                   "poor-key name other.lifeboat.test. A; };")));
}

std::unique_ptr<BindServer> BindServer::Secondary(uint16_t port, const Endpoint& primary) {
  return std::unique_ptr<BindServer>(new BindServer(
      port, absl::StrCat("type secondary; file \"zone.copy\"; primaries { 127.0.0.1 port ",
                         primary.port, " key \"lifeboat-key\"; };")));
}

BindServer::BindServer(uint16_t port, const std::string& zone_clause)
    : endpoint_(Endpoint::Parse(absl::StrCat("127.0.0.1:", port)).value()),
      directory_(MakeDirectory()) {
  Write(directory_ + "/zone", kZone);
  Write(directory_ + "/named.conf",
        absl::Substitute(kConfig, directory_, port, kBindSecret, zone_clause));
  Start();
  AwaitAnswer();
}

void BindServer::Start() {
  const std::string config = directory_ + "/named.conf", log = directory_ + "/log";
  pid_ = fork();
  ASSERT_GE(pid_, 0);
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int fd = open(log.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  execl(kNamed, kNamed, "-g", "-n", "1", "-c", config.c_str(), nullptr);
  _exit(127);
}

void BindServer::AwaitAnswer() const {
  const DnsClient client;
  for (int i = 0; i < 100; ++i) {
    const auto answer =
        client.Ask({endpoint_, "lifeboat.test", RrType::kSoa}, absl::Milliseconds(300));
    if (answer.ok() && CheckAuthority(*answer).ok()) return;
    poll(nullptr, 0, 50);
  }
  ADD_FAILURE() << "named does not serve the zone:\n" << ReadAll(directory_ + "/log");
}

void BindServer::Pause(bool paused) {
  kill(pid_, paused ? SIGSTOP : SIGCONT);
  if (paused) waitpid(pid_, nullptr, WUNTRACED);  // it stops in its own time
}

BindServer::~BindServer() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace lifeboat
