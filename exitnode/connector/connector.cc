#include "exitnode/connector/connector.h"

#include <utility>

#include "exitnode/connector/gate.h"
#include "exitnode/connector/link.h"
#include "exitnode/tcp/socket.h"

namespace lifeboat::exitnode {

const HostPort& ConnectorService::TargetFor(const std::string& exit) const {
  const auto own = targets.find(exit);
  return own == targets.end() ? target : own->second;
}

Connector::Connector(asio::io_context& io, const ConnectorOptions& options, const Clock& clock,
                     Log& log, absl::BitGenRef random)
    : context_(new LinkContext{io.get_executor(), options, clock, log, random}) {
  for (const ConnectorExit& exit : options.exits) {
    const auto gate = std::make_shared<Gate>(context_->executor, options.most_openings);
    for (const ConnectorService& service : options.services) {
      links_.push_back(std::make_shared<Link>(context_, gate, exit, service));
    }
  }
}

Connector::~Connector() { Stop(); }

void Connector::Start() {
  for (const auto& link : links_) Spawn(context_->executor, Link::Run(link), context_->log);
}

std::vector<LinkReport> Connector::Report() const {
  std::vector<LinkReport> reports;
  for (const auto& link : links_) reports.push_back(link->Report());
  return reports;
}

void Connector::Stop() {
  context_->stopped = true;
  for (const auto& link : links_) link->Stop();
}

}  // namespace lifeboat::exitnode
