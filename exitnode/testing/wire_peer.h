#ifndef LIFEBOAT_EXITNODE_TESTING_WIRE_PEER_H_
#define LIFEBOAT_EXITNODE_TESTING_WIRE_PEER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "base/address.h"

namespace lifeboat::exitnode {

// A blocking TCP connection as a test wants one: every wait ends after a few seconds.
class WirePeer {
 public:
  // Connects to `target` from `source` (port of the kernel's choice).
  static WirePeer Connect(const Endpoint& target, absl::string_view source = "127.0.0.1");
  // The same, for as long as `patience_ms`: a dark port does not answer.
  static WirePeer TryConnect(const Endpoint& target, absl::string_view source, int patience_ms);

  WirePeer(WirePeer&& other) noexcept;
  WirePeer& operator=(WirePeer&& other) noexcept;
  ~WirePeer();

  bool connected() const { return connected_; }
  bool Send(absl::string_view bytes);
  // No more will be sent: a half-close.
  void FinishSending();
  // Exactly `count` bytes, or fewer where the stream ends or nothing comes for a while.
  std::string Receive(size_t count);
  // All until the end; "…<reset>" or "…<silence>" tells an end that is not orderly.
  std::string ReceiveToEnd();
  void Close();
  // Closes as a broken connection does.
  void Reset();
  // The descriptor, now the caller's.
  int Release();

 private:
  friend class WireListener;
  explicit WirePeer(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
  bool connected_ = false;
};

// A port on which a test plays the server.
class WireListener {
 public:
  WireListener();
  ~WireListener();
  WireListener(const WireListener&) = delete;
  WireListener& operator=(const WireListener&) = delete;

  const Endpoint& endpoint() const { return endpoint_; }
  // The next connection; one that is not connected() if none comes for a while.
  WirePeer Accept();
  // Takes no more: from now on connections are refused.
  void Close();

 private:
  int descriptor_;
  Endpoint endpoint_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TESTING_WIRE_PEER_H_
