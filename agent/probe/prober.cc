#include "agent/probe/prober.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/probe/classify.h"
#include "base/status.h"

namespace lifeboat::agent {
namespace {

constexpr absl::Duration VitalsEvery() { return absl::Milliseconds(250); }
constexpr absl::Duration LogVoidsEvery() { return absl::Minutes(1); }

}  // namespace

Prober::Prober(EventLoop& loop, CurlMulti& multi, const Clock& clock, absl::BitGenRef random,
               ObservationSink& sink, Metrics& metrics, Log& log, RouteCheck route)
    : loop_(loop),
      clock_(clock),
      sink_(sink),
      route_(std::move(route)),
      metrics_(metrics),
      log_(log),
      schedule_(random),
      resolver_(loop),
      http_(multi, clock),
      tcp_(loop) {
  for (size_t i = 0; i < ended_.size(); ++i) {
    ended_[i] = &metrics_.Probes(static_cast<ProbeClass>(i));
  }
  loop_.OnTurn([this] { OnTurn(); });
  PublishVitals();
}

Prober::~Prober() {
  loop_.OnTurn(nullptr);
  loop_.Cancel(next_start_);
  loop_.Cancel(next_vitals_);
}

void Prober::Assign(SubscriberId subscriber, uint64_t revision, std::vector<NumberedSpec> wanted) {
  const Plan::Change change = plan_.Replace(subscriber, revision, std::move(wanted));
  for (const ProbeId probe : change.removed) {
    if (const auto found = running_.find(probe); found != running_.end()) {
      found->second.cancel();
      running_.erase(found);
    }
    schedule_.Remove(probe);
    turns_.erase(probe);
  }
  const Instant now = clock_.Now();
  for (const ProbeId probe : change.added) schedule_.Add(probe, plan_.Spec(probe).interval, now);
  metrics_.targets.Set(static_cast<double>(plan_.size()));
  Arm();
}

void Prober::OnTurn() {
  const Instant now = clock_.Now();
  const auto stalled = schedule_.Turn(now);
  if (!stalled) return;
  metrics_.stalls.Increment();
  log_.Warning("prober", "this process stood still; probes under way are not reported",
               {{"for", absl::FormatDuration(*stalled)}, {"probes", running_.size()}});
  std::vector<ProbeId> under_way;
  for (const auto& [probe, running] : running_) under_way.push_back(probe);
  for (const ProbeId probe : under_way) {
    running_.at(probe).cancel();
    Finish(probe);
  }
}

void Prober::StartDue() {
  while (const auto probe = schedule_.StartDue(clock_.Now())) Start(*probe);
  Arm();
}

void Prober::Arm() {
  const auto due = schedule_.NextDue();
  if (due && next_start_.serial != 0 && next_start_.at == *due) return;
  loop_.Cancel(next_start_);
  next_start_ = {};
  if (due) {
    next_start_ = loop_.At(*due, [this] {
      next_start_ = {};
      StartDue();
    });
  }
}

void Prober::Start(ProbeId probe) {
  const ProbeSpec& spec = plan_.Spec(probe);
  Running& running = running_[probe];
  running.begun = clock_.Now();
  if (spec.name.empty()) return Begin(probe, spec.addresses);
  const Resolver::Id lookup = resolver_.Resolve(
      {spec.name, spec.resolvers, spec.source, running.begun + spec.timeout},
      [this, probe](const Resolver::Answer& answer) { OnResolved(probe, answer); });
  running.cancel = [this, lookup] { resolver_.Cancel(lookup); };
}

void Prober::OnResolved(ProbeId probe, const Resolver::Answer& answer) {
  Running& running = running_.at(probe);
  running.resolve = clock_.Now() - running.begun;
  if (!answer.addresses.empty()) return Begin(probe, answer.addresses);
  WireResult nowhere;
  nowhere.end.transport = Transport::kNoAddress;
  nowhere.end.words = answer.failure;
  OnWire(probe, nowhere);
}

void Prober::Begin(ProbeId probe, std::vector<IpAddress> addresses) {
  // Sorted, because servers turn the order of their answers too: each address has its turn.
  std::sort(addresses.begin(), addresses.end());
  running_.at(probe).addresses = std::move(addresses);
  Connect(probe);
}

void Prober::Connect(ProbeId probe) {
  const ProbeSpec& spec = plan_.Spec(probe);
  Running& running = running_.at(probe);
  const std::vector<IpAddress>& addresses = running.addresses;
  running.address =
      addresses.size() == 1 ? addresses[0] : addresses[turns_[probe]++ % addresses.size()];
  const absl::Duration left = running.begun + spec.timeout - clock_.Now();
  WireRequest request{
      {*running.address, spec.port}, spec.source, std::max(left, absl::Milliseconds(1))};
  const auto done = [this, probe](const WireResult& result) { OnWire(probe, result); };
  if (!spec.http) {
    const TcpProbes::Id id = tcp_.Start(request, done);
    running.cancel = [this, id] { tcp_.Cancel(id); };
    return;
  }
  if (!spec.http->echo_path.empty()) running.echo = echo_seeds_.Next(clock_.Now());
  if (running.echo) request.nonce = running.echo->Nonce();
  const auto id = http_.Start(*spec.http, request, done);
  if (!id.ok()) return Forget(probe, Words(id.status()));
  running.cancel = [this, id = *id] { http_.Cancel(id); };
}

void Prober::OnWire(ProbeId probe, const WireResult& result) {
  if (const absl::Status way = WayThere(probe, result); !way.ok()) {
    Running& running = running_.at(probe);
    return ++running.passed_over < running.addresses.size() ? Connect(probe)
                                                            : Forget(probe, Words(way));
  }
  if (result.end.transport == Transport::kLocal) return Forget(probe, result.end.words);
  Report(probe, result);
  Finish(probe);
}

// Asked only of what failed so, as a route costs as much to ask for as a connection.
absl::Status Prober::WayThere(ProbeId probe, const WireResult& result) const {
  const Transport transport = result.end.transport;
  const bool in_doubt = transport == Transport::kUnreachable || transport == Transport::kLocal;
  if (!in_doubt) return absl::OkStatus();
  return route_(*running_.at(probe).address, plan_.Spec(probe).source);
}

void Prober::Report(ProbeId probe, const WireResult& result) {
  const Running& running = running_.at(probe);
  Observation seen;
  seen.ended = result.ended.value_or(clock_.Now());
  seen.total = seen.ended - running.begun;
  ProbeEnd end = result.end;
  end.total = seen.total;
  Judgement judgement = Classify(plan_.Spec(probe), end);
  seen.probe_class = judgement.probe_class;
  seen.detail = std::move(judgement.detail);
  seen.resolve = running.resolve;
  seen.connect = result.connect;
  seen.tls = result.tls;
  seen.first_byte = result.first_byte;
  seen.http_status = result.end.status;
  seen.address = running.address;
  seen.certificate_not_after = result.certificate_not_after;
  if (result.ended) {
    seen.echo = std::make_shared<const EchoAnswer>(
        EchoAnswer{running.echo->seeds, running.echo->counter, result.echo});
  }
  ended_[static_cast<size_t>(seen.probe_class)]->Increment();
  for (const Subscription& to : plan_.Subscribers(probe)) sink_.OnObservation(to, seen);
}

// What this machine could not do says nothing of the path: better silence than a false vote.
void Prober::Forget(ProbeId probe, absl::string_view why) {
  metrics_.probes_void.Increment();
  ++voids_;
  const Instant now = clock_.Now();
  if (!void_logged_ || now - *void_logged_ >= LogVoidsEvery()) {
    log_.Error("prober", "probes fail by this machine's own fault and are not reported",
               {{"why", PrintableDetail(why)}, {"probes", voids_}});
    void_logged_ = now;
    voids_ = 0;
  }
  Finish(probe);
}

void Prober::Finish(ProbeId probe) {
  running_.erase(probe);
  schedule_.Finished(probe, clock_.Now());
  Arm();
}

void Prober::PublishVitals() {
  const Instant now = clock_.Now();
  const absl::Duration lag = schedule_.LagP99(now);
  vitals_at_us_ = absl::ToInt64Microseconds(now.since_boot());
  lag_us_ = absl::ToInt64Microseconds(lag);
  resolvers_dead_ = resolver_.Dead();
  metrics_.lag_seconds.Set(absl::ToDoubleSeconds(lag));
  metrics_.resolvers_dead.Set(resolvers_dead_ ? 1 : 0);
  metrics_.probes_running.Set(static_cast<double>(running_.size()));
  next_vitals_ = loop_.At(now + VitalsEvery(), [this] { PublishVitals(); });
}

}  // namespace lifeboat::agent
