#ifndef LIFEBOAT_CONTROLLER_EXITS_TESTING_FAKE_ORIGIN_H_
#define LIFEBOAT_CONTROLLER_EXITS_TESTING_FAKE_ORIGIN_H_

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/listener.h"
#include "base/mutex.h"

namespace lifeboat {

// A web server on 127.0.0.1 that answers as the test says, one connection after the other.
class FakeOrigin {
 public:
  struct Answer {
    int status = 200;
    std::string body;
    bool closes = false;  // instead of another request on the same connection
  };
  // Of what is asked for, as in the request line: "/healthz".
  using Serve = std::function<Answer(const std::string& target)>;

  explicit FakeOrigin(Serve serve)
      : serve_(std::move(serve)),
        listener_(*ListenTcp(*Endpoint::Parse("127.0.0.1:0"))),
        thread_([this] { Run(); }) {}
  ~FakeOrigin() {
    ending_ = true;
    thread_.join();
  }

  uint16_t port() const { return listener_.local.port; }
  int connections() const { return connections_; }
  // The heads of all requests.
  std::vector<std::string> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }

 private:
  void Run() {
    while (!ending_) {
      if (!IsReadable(listener_.socket.get())) continue;
      const Descriptor socket(accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket.ok()) continue;
      ++connections_;
      while (Converse(socket.get())) {
      }
    }
  }
  static bool IsReadable(int socket) {
    pollfd one{.fd = socket, .events = POLLIN, .revents = 0};
    return poll(&one, 1, 20) > 0;
  }
  // Reads one request and answers it; false: the connection is over.
  bool Converse(int socket) {
    std::string head;
    while (!absl::StrContains(head, "\r\n\r\n")) {
      if (ending_) return false;
      if (!IsReadable(socket)) continue;
      char buffer[4096];
      const ssize_t got = recv(socket, buffer, sizeof(buffer), 0);
      if (got <= 0) return false;
      head.append(buffer, static_cast<size_t>(got));
    }
    {
      MutexLock lock(mutex_);
      requests_.push_back(head);
    }
    const std::vector<std::string> words = absl::StrSplit(head, ' ');
    const Answer answer = serve_(words[1]);
    const std::string text =
        absl::StrCat("HTTP/1.1 ", answer.status, " X\r\nContent-Length: ", answer.body.size(),
                     answer.closes ? "\r\nConnection: close" : "", "\r\n\r\n", answer.body);
    send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    return !answer.closes;
  }

  const Serve serve_;
  const Listener listener_;
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0};
  mutable Mutex mutex_;
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_EXITS_TESTING_FAKE_ORIGIN_H_
