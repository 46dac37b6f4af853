#include "exitnode/tunnel/channel_pool.h"

#include <utility>

namespace lifeboat::exitnode {

void ChannelPool::Add(Tcp::socket channel) {
  waiting_->push_back(std::make_shared<Tcp::socket>(std::move(channel)));
  Watch(waiting_, waiting_->back());
}

// Both are held weakly: a channel that has been taken or cleared is nobody's business here.
void ChannelPool::Watch(const std::shared_ptr<Waiting>& waiting,
                        const std::shared_ptr<Tcp::socket>& channel) {
  channel->async_wait(Tcp::socket::wait_read,
                      [list = std::weak_ptr<Waiting>(waiting),
                       entry = std::weak_ptr<Tcp::socket>(channel)](const asio::error_code& error) {
                        const auto waiting = list.lock();
                        const auto channel = entry.lock();
                        if (error || waiting == nullptr || channel == nullptr) return;
                        waiting->remove(channel);
                      });
}

std::optional<Tcp::socket> ChannelPool::Take() {
  if (waiting_->empty()) return std::nullopt;
  const std::shared_ptr<Tcp::socket> channel = std::move(waiting_->front());
  waiting_->pop_front();
  asio::error_code ignored;
  channel->cancel(ignored);  // ends the watch
  return std::move(*channel);
}

}  // namespace lifeboat::exitnode
