#include "exitnode/connector/gate.h"

namespace lifeboat::exitnode {

asio::awaitable<void> Gate::Enter() {
  if (free_ > 0) {
    --free_;
    co_return;
  }
  const auto turn = std::make_shared<asio::steady_timer>(executor_);
  turn->expires_at(asio::steady_timer::time_point::max());
  waiting_.push_back(turn);
  co_await turn->async_wait(kNoThrow);
}

void Gate::Leave() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  const auto turn = waiting_.front();
  waiting_.pop_front();
  turn->cancel();
}

}  // namespace lifeboat::exitnode
