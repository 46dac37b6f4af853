#ifndef LIFEBOAT_EXITNODE_TUNNEL_CHANNEL_POOL_H_
#define LIFEBOAT_EXITNODE_TUNNEL_CHANNEL_POOL_H_

#include <list>
#include <memory>
#include <optional>

#include "exitnode/tcp/socket.h"

namespace lifeboat::exitnode {

// Data channels that wait for a visitor, oldest first. A client says nothing on a channel before it
// is told to start: one that ends or speaks meanwhile is broken and leaves the pool by itself.
class ChannelPool {
 public:
  ChannelPool() : waiting_(std::make_shared<Waiting>()) {}

  void Add(Tcp::socket channel);
  std::optional<Tcp::socket> Take();
  void Clear() { waiting_->clear(); }
  int size() const { return static_cast<int>(waiting_->size()); }

 private:
  using Waiting = std::list<std::shared_ptr<Tcp::socket>>;
  static void Watch(const std::shared_ptr<Waiting>& waiting,
                    const std::shared_ptr<Tcp::socket>& channel);

  const std::shared_ptr<Waiting> waiting_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_CHANNEL_POOL_H_
