#ifndef LIFEBOAT_CONTROLLER_DNS_TESTING_BIND_SERVER_H_
#define LIFEBOAT_CONTROLLER_DNS_TESTING_BIND_SERVER_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/address.h"

namespace lifeboat {

// A BIND 9 (/usr/sbin/named) of the test's own on 127.0.0.1, with its files under TEST_TMPDIR. It
// serves `lifeboat.test`; keys, grants and records are those of bind_server.cc.
class BindServer {
 public:
  static bool IsInstalled();

  // A port of 127.0.0.1 on which nothing listens, below the range of the kernel's own choices.
  static uint16_t FreePort();

  // Notifies whoever is on `notify_port`, after each change.
  static std::unique_ptr<BindServer> Primary(uint16_t notify_port);
  static std::unique_ptr<BindServer> Secondary(uint16_t port, const Endpoint& primary);

  ~BindServer();
  BindServer(const BindServer&) = delete;
  BindServer& operator=(const BindServer&) = delete;

  const Endpoint& endpoint() const { return endpoint_; }
  // Answers nothing from now on, as if cut off, or again.
  void Pause(bool paused);

 private:
  BindServer(uint16_t port, const std::string& zone_clause);
  void Start();
  void AwaitAnswer() const;

  Endpoint endpoint_;
  std::string directory_;
  pid_t pid_ = -1;
};

// Of the primary: may write everything.
inline constexpr char kBindKey[] = "lifeboat-key.";
// May write `other.lifeboat.test` alone.
inline constexpr char kBindPoorKey[] = "poor-key.";
inline constexpr char kBindSecret[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_TESTING_BIND_SERVER_H_
