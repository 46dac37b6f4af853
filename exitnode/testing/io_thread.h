#ifndef LIFEBOAT_EXITNODE_TESTING_IO_THREAD_H_
#define LIFEBOAT_EXITNODE_TESTING_IO_THREAD_H_

#include <csignal>
#include <future>
#include <thread>
#include <utility>

#include "asio/executor_work_guard.hpp"
#include "asio/io_context.hpp"
#include "asio/post.hpp"

namespace lifeboat::exitnode {

// An io_context and the one thread that runs it. What lives on it is built and asked through Run,
// and may be destroyed once Stop has returned.
class IoThread {
 public:
  IoThread() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {
    std::signal(SIGPIPE, SIG_IGN);  // as the programs do
  }
  ~IoThread() { Stop(); }
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  // Runs `function` on the thread and returns what it returns.
  template <typename Function>
  auto Run(Function&& function) {
    std::packaged_task<decltype(function())()> task(std::forward<Function>(function));
    auto result = task.get_future();
    asio::post(io_, [&task] { task(); });
    return result.get();
  }

  void Stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  asio::io_context& io() { return io_; }

 private:
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TESTING_IO_THREAD_H_
