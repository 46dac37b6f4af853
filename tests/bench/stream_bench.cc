// What the agents' stream costs end to end, beside a bare gRPC stream that only counts:
// `bazel run //tests/bench:stream_bench [-- ROUNDS]`. The same agent says the same messages over
// the same transport to each peer in turn, again and again, from a process of its own, so that CPU
// time is told apart. Medians of all rounds; each is told in observations a second and in CPU time
// of the peer an observation.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/grpc_log.h"
#include "base/grpc_server.h"
#include "base/grpc_tls.h"
#include "base/status.h"
#include "base/testing/capture_log.h"
#include "base/testing/test_pki.h"
#include "controller/health/agent_service.h"
#include "controller/health/observation_writer.h"
#include "controller/journal/observation_file.h"
#include "tests/bench/bench_agent.h"
#include "tests/bench/counting_service.h"

namespace lifeboat {
namespace {

constexpr int kBatches = 15'000;  // a round
constexpr uint64_t kObservations = uint64_t{kBatches} * kBenchBatch;
constexpr char kVantage[] = "fra";

// ------------------------------------------------------------------ between the two processes

struct Order {
  uint16_t port;
  bool echoes;
  uint64_t run;
};
struct Report {
  double seconds;
  double cpu_seconds;  // of the agent
};

double CpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

template <typename T>
void Tell(int socket, const T& value) {
  if (send(socket, &value, sizeof(value), MSG_NOSIGNAL) != sizeof(value)) _exit(1);
}
// False: the other one has gone.
template <typename T>
bool Hear(int socket, T& value) {
  return recv(socket, &value, sizeof(value), 0) == sizeof(value);
}

void Require(const absl::Status& status, const char* what) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", what, Words(status).c_str());
  _exit(1);
}

// The agent's process: a stream for each order.
void ServeOrders(int socket, const TlsFiles& identity) {
  const SystemClock clock;
  const PeerPolicy controllers{.trust_domain = "test", .roles = {Role::kController}};
  for (Order order; Hear(socket, order);) {
    BenchAgent agent(NewChannel(absl::StrCat("127.0.0.1:", order.port),
                                ClientCredentials(identity, controllers)),
                     order.run);
    Require(agent.Prepare(kBatches, order.echoes), "preparing a round");
    Tell(socket, true);
    bool go = false;
    if (!Hear(socket, go)) return;
    const double cpu = CpuSeconds();
    const Instant begin = clock.Now();
    Require(agent.Run(), "a round");
    Tell(socket, Report{.seconds = absl::ToDoubleSeconds(clock.Now() - begin),
                        .cpu_seconds = CpuSeconds() - cpu});
  }
}

// ------------------------------------------------------------------------------- the peers

class NullRecorder final : public ObservationRecorder {
 public:
  void Connected(const std::string&, absl::Duration, Instant) override {}
  void Disconnected(const std::string&, Instant) override {}
  void Condition(const std::string&, absl::Duration, bool, Instant) override {}
  void Saw(const std::string&, uint32_t, const Seen&, bool, Instant) override {}
};

std::vector<TargetRole> Roles() {
  std::vector<TargetRole> roles;
  for (uint32_t target = 1; target <= kBenchServices * kBenchPaths; ++target) {
    TargetRole role;
    role.service = absl::StrCat("service-", (target - 1) / kBenchPaths);
    const std::string path = BenchPath(target);
    role.path = path == "edge" ? Path::Edge() : Path::Exit(path.substr(5));
    role.interval = absl::Seconds(10);
    role.timeout = absl::Seconds(1);
    role.expect_status = {{200, 299}};
    roles.push_back(std::move(role));
  }
  return roles;
}

std::vector<EchoTarget> Echoes(bool asked) {
  std::vector<EchoTarget> echoes(kBenchServices * kBenchPaths);
  if (!asked) return echoes;
  for (uint32_t target = 1; target <= echoes.size(); ++target) {
    echoes[target - 1] = {kBenchEchoKey, BenchPath(target)};
  }
  return echoes;
}

// What serves one row of the table.
class Peer {
 public:
  Peer(std::string name, bool echoes) : name_(std::move(name)), echoes_(echoes) {}
  virtual ~Peer() = default;

  const std::string& name() const { return name_; }
  bool echoes() const { return echoes_; }
  uint16_t port() const { return server_->port(); }
  // All observations that were taken and counted.
  virtual uint64_t taken() const = 0;

 protected:
  void Serve(grpc::Service& service, const TlsFiles& identity) {
    GrpcServerOptions options;
    options.accept.listen = "127.0.0.1:0";
    options.credentials = *ServerCredentials(identity, clock_, log_);
    auto server = GrpcServer::Start(std::move(options), {&service}, clock_, log_, registry_);
    Require(server.status(), "starting a server");
    server_ = *std::move(server);
  }
  void StopServing() { server_.reset(); }

  const std::string name_;
  const bool echoes_;
  SystemClock clock_;
  CaptureLog log_;
  prometheus::Registry registry_;
  std::unique_ptr<GrpcServer> server_;
};

class BarePeer final : public Peer {
 public:
  BarePeer(std::string name, bool echoes, const TlsFiles& identity)
      : Peer(std::move(name), echoes) {
    Serve(service_, identity);
  }
  ~BarePeer() override { StopServing(); }
  uint64_t taken() const override { return service_.counted(); }

 private:
  CountingService service_;
};

// The controller's side as the controller has it.
class ControllerPeer final : public Peer {
 public:
  ControllerPeer(std::string name, bool echoes, std::unique_ptr<ObservationRecorder> recorder,
                 const TlsFiles& identity)
      : Peer(std::move(name), echoes), recorder_(std::move(recorder)) {
    v1::Assignments assignments;
    assignments.set_revision(kBenchRevision);
    service_ = std::make_unique<AgentService>(
        "test", std::map<std::string, v1::Assignments>{{kVantage, assignments}}, Echoes(echoes),
        [this] {
          EchoBytes seed;
          for (uint8_t& byte : seed) byte = static_cast<uint8_t>(random_());
          return seed;
        },
        board_, *recorder_, clock_, log_);
    Serve(*service_, identity);
  }
  ~ControllerPeer() override { StopServing(); }
  uint64_t taken() const override {
    const VantageSnapshot vantage = board_.Vantages(clock_.Now())[0];
    return vantage.observations - vantage.late;
  }
  // How many paths have been proven by an echo.
  int proven() const {
    int proven = 0;
    for (int service = 0; service < kBenchServices; ++service) {
      const Ballots ballots =
          board_.BallotsOn(absl::StrCat("service-", service), Path::Edge(), clock_.Now());
      const auto& newest = ballots[0].vote.by_name;
      proven += newest && newest->echo == Echo::kGood;
    }
    return proven;
  }

 private:
  std::random_device random_;
  std::atomic<uint64_t> woken_{0};
  HealthBoard board_{{{.name = kVantage}}, Roles(), [this] { ++woken_; }};
  const std::unique_ptr<ObservationRecorder> recorder_;
  std::unique_ptr<AgentService> service_;
};

// ------------------------------------------------------------------------------- the rounds

struct Series {
  std::vector<double> rates, cpu, agent_cpu;  // observations/s, seconds an observation, likewise
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Round(Peer& peer, int socket, uint64_t run, Series& series) {
  const uint64_t before = peer.taken();
  Tell(socket, Order{.port = peer.port(), .echoes = peer.echoes(), .run = run});
  bool ready = false;
  Report report{};
  if (!Hear(socket, ready)) _exit(1);
  const double cpu = CpuSeconds();
  Tell(socket, true);
  if (!Hear(socket, report)) _exit(1);
  const double used = CpuSeconds() - cpu;
  if (peer.taken() - before != kObservations) {
    std::fprintf(stderr, "%s counted %lu of %lu observations\n", peer.name().c_str(),
                 peer.taken() - before, kObservations);
    _exit(1);
  }
  series.rates.push_back(kObservations / report.seconds);
  series.cpu.push_back(used / kObservations);
  series.agent_cpu.push_back(report.cpu_seconds / kObservations);
}

// The median of `part` of `whole`, round by round: what else the machine does meanwhile slows both.
double MedianShare(const std::vector<double>& part, const std::vector<double>& whole) {
  std::vector<double> shares;
  for (size_t i = 0; i < part.size(); ++i) shares.push_back(part[i] / whole[i]);
  return Median(shares);
}

// Each beside the bare peer that was told the same: `bare` by whether echoes were.
void Print(const std::vector<std::unique_ptr<Peer>>& peers, const std::vector<Series>& all,
           const std::map<bool, size_t>& bare) {
  std::printf(
      "| peer | observations/s, median (least–most) | of the bare one's rate | CPU an observation "
      "| of it, the bare one's | the agent's CPU |\n| --- | --- | --- | --- | --- | --- |\n");
  for (size_t i = 0; i < peers.size(); ++i) {
    const Series& series = all[i];
    const Series& other = all[bare.at(peers[i]->echoes())];
    const auto [least, most] = std::minmax_element(series.rates.begin(), series.rates.end());
    std::printf("| %s | %.0f (%.0f–%.0f) | %.0f %% | %.0f ns | %.0f %% | %.0f ns |\n",
                peers[i]->name().c_str(), Median(series.rates), *least, *most,
                100 * MedianShare(series.rates, other.rates), 1e9 * Median(series.cpu),
                100 * MedianShare(other.cpu, series.cpu), 1e9 * Median(series.agent_cpu));
  }
}

void Compare(int socket, int rounds, const TestPki& pki, const TlsFiles& identity) {
  const SystemClock clock;
  CaptureLog log;
  const GrpcLog quiet(log, clock);  // gRPC has a word on each connection by address
  const std::vector<TargetRole> roles = Roles();
  ObservationFile file(pki.Path("observations.db"), clock);
  ObservationFile echoed_file(pki.Path("echoed.db"), clock);
  const auto writer = [&](ObservationStore& store) {
    return std::make_unique<ObservationWriter>(roles, store, clock, ObservationWriter::Options(),
                                               [](const std::string& trouble, uint64_t) {
                                                 std::fprintf(stderr, "%s\n", trouble.c_str());
                                               });
  };
  std::vector<std::unique_ptr<Peer>> peers;
  peers.push_back(std::make_unique<BarePeer>("bare stream", false, identity));
  peers.push_back(std::make_unique<ControllerPeer>("controller, nothing recorded", false,
                                                   std::make_unique<NullRecorder>(), identity));
  peers.push_back(
      std::make_unique<ControllerPeer>("controller, recording", false, writer(file), identity));
  peers.push_back(std::make_unique<BarePeer>("bare stream, with echoes", true, identity));
  auto echoing = std::make_unique<ControllerPeer>("controller, echoes checked, recording", true,
                                                  writer(echoed_file), identity);
  const ControllerPeer& echoed = *echoing;
  peers.push_back(std::move(echoing));

  std::vector<Series> all(peers.size());
  Series warming;
  uint64_t run = 0;
  for (size_t i = 0; i < peers.size(); ++i) Round(*peers[i], socket, ++run, warming);
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < peers.size(); ++i) Round(*peers[i], socket, ++run, all[i]);
  }
  if (echoed.proven() < kBenchServices / 2) {
    std::fprintf(stderr, "only %d of %d edges were proven\n", echoed.proven(), kBenchServices);
    _exit(1);
  }
  Print(peers, all, {{false, 0}, {true, 3}});
}

int Main(int argc, char** argv) {
  int rounds = 7;
  if (argc > 1 && (!absl::SimpleAtoi(argv[1], &rounds) || rounds < 1)) {
    std::fprintf(stderr, "usage: stream_bench [ROUNDS]\n");
    return 2;
  }
  TestPki pki;
  const TlsFiles server = pki.Issue(Role::kController, "main");
  const TlsFiles agent = pki.Issue(Role::kAgent, kVantage);
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) != 0) return 1;
  const pid_t child = fork();  // before gRPC has begun: it does not survive a fork
  if (child < 0) return 1;
  if (child == 0) {
    close(sockets[0]);
    ServeOrders(sockets[1], agent);
    _exit(0);
  }
  close(sockets[1]);
  Compare(sockets[0], rounds, pki, server);
  close(sockets[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace
}  // namespace lifeboat

int main(int argc, char** argv) { return lifeboat::Main(argc, argv); }
