#ifndef LIFEBOAT_EXITNODE_EXIT_METRICS_H_
#define LIFEBOAT_EXITNODE_EXIT_METRICS_H_

#include <string>

#include "base/metrics.h"
#include "exitnode/control/instruction.h"
#include "exitnode/guard/knock_server.h"
#include "exitnode/totals.h"
#include "exitnode/tunnel/service_spec.h"

namespace lifeboat::exitnode {

// Every metric that the exit node exports, so that an operator reads one file. For one thread at a
// time, beside the registry's own readers.
struct ExitMetrics {
  explicit ExitMetrics(prometheus::Registry& registry) : registry(registry) {}

  prometheus::Registry& registry;

  prometheus::Gauge& visitor_cap = Gauge(registry, "lifeboat_exitnode_visitor_cap",
                                         "Visitors that fit the process's limit on descriptors.");
  prometheus::Gauge& pending_handshakes =
      Gauge(registry, "lifeboat_exitnode_pending_handshakes",
            "Connections to the tunnel port that have not shown who they are yet.");
  prometheus::Gauge& allowed_addresses =
      Gauge(registry, "lifeboat_exitnode_allowed_addresses",
            "Addresses that have knocked and may pass in stand-by.");
  prometheus::Gauge& epoch_generation =
      Gauge(registry, "lifeboat_exitnode_epoch_generation", "Of the instruction in force.");
  prometheus::Gauge& epoch_revision =
      Gauge(registry, "lifeboat_exitnode_epoch_revision", "Of the instruction in force.");

  // Of one controller, as the configuration calls it.
  prometheus::Gauge& Connected(const std::string& controller) {
    return Gauge(registry, "lifeboat_exitnode_controller_connected",
                 "1 while the stream to a controller stands, else 0.",
                 {{"controller", controller}});
  }

  void Show(const Epoch& epoch) {
    epoch_generation.Set(static_cast<double>(epoch.generation));
    epoch_revision.Set(static_cast<double>(epoch.revision));
  }

  void Show(const TunnelReport& report) {
    pending_handshakes.Set(report.pending_handshakes);
    allowed_addresses.Set(report.allowed_addresses);
    const HandshakeCounts& counts = report.handshakes;
    Handshakes("control", counts.control_total);
    Handshakes("data", counts.data_total);
    Handshakes("malformed", counts.malformed_total);
    Handshakes("timed_out", counts.timed_out_total);
    Handshakes("wrong_token", counts.wrong_token_total);
    Handshakes("unknown_key", counts.unknown_key_total);
    Handshakes("turned_away", counts.turned_away_total);
    for (const ServiceReport& service : report.services) Show(service);
  }

  void Show(const KnockCounts& counts) {
    Knocks("opened", counts.opened);
    Knocks("withdrawn", counts.withdrawn);
    Knocks("refused", counts.refused);
    Knocks("turned_away", counts.turned_away);
  }

 private:
  void Handshakes(const char* outcome, uint64_t total) {
    SetTotal(
        Counter(registry, "lifeboat_exitnode_tunnel_handshakes_total",
                "Connections to the tunnel port by how they ended up.", {{"outcome", outcome}}),
        total);
  }

  void Knocks(const char* outcome, uint64_t total) {
    SetTotal(Counter(registry, "lifeboat_exitnode_knocks_total",
                     "Connections to the knock port by what they did.", {{"outcome", outcome}}),
             total);
  }

  void Show(const ServiceReport& service) {
    const prometheus::Labels name = {{"service", service.name}};
    Gauge(registry, "lifeboat_exitnode_open", "1 while the public is answered, 0 while dark.", name)
        .Set(service.open);
    Gauge(registry, "lifeboat_exitnode_listening", "1 while every visitor port is bound.", name)
        .Set(service.listening);
    Gauge(registry, "lifeboat_exitnode_tunnel_up", "1 while a tunnel client serves.", name)
        .Set(service.tunnel_up);
    Gauge(registry, "lifeboat_exitnode_visitors", "Visitors connected.", name)
        .Set(service.visitors);
    Gauge(registry, "lifeboat_exitnode_pooled_channels", "Data channels that wait for a visitor.",
          name)
        .Set(service.pooled_channels);
    SetTotal(Counter(registry, "lifeboat_exitnode_visitors_total", "Visitors taken in.", name),
             service.visitors_total);
    SetTotal(Counter(registry, "lifeboat_exitnode_visitors_turned_away_total",
                     "Visitors over the limits.", name),
             service.visitors_turned_away_total);
    SetTotal(Counter(registry, "lifeboat_exitnode_datagrams_dropped_total",
                     "Datagrams that were passed on neither way.", name),
             service.datagrams_dropped_total);
    Bytes(service.name, "in", service.bytes_in_total);
    Bytes(service.name, "out", service.bytes_out_total);
    Upstreams(service.name, "answered", service.upstream.answered_total);
    Upstreams(service.name, "refused", service.upstream.refused_total);
    Upstreams(service.name, "no_channel", service.upstream.no_channel_total);
  }

  void Bytes(const std::string& service, const char* direction, uint64_t total) {
    SetTotal(Counter(registry, "lifeboat_exitnode_bytes_total",
                     "Bytes carried: in from visitors, out to them.",
                     {{"service", service}, {"direction", direction}}),
             total);
  }

  void Upstreams(const std::string& service, const char* outcome, uint64_t total) {
    SetTotal(Counter(registry, "lifeboat_exitnode_upstream_total",
                     "Visitors by how their stream began at the origin's side.",
                     {{"service", service}, {"outcome", outcome}}),
             total);
  }
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_EXIT_METRICS_H_
