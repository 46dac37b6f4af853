#ifndef LIFEBOAT_EXITNODE_TESTING_HAND_CLIENT_H_
#define LIFEBOAT_EXITNODE_TESTING_HAND_CLIENT_H_

#include <algorithm>
#include <string>

#include "absl/strings/string_view.h"
#include "base/address.h"
#include "exitnode/testing/wire_peer.h"
#include "exitnode/wire/rathole.h"

namespace lifeboat::exitnode {

template <typename Bytes>
std::string Text(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

// A tunnel client that does by hand what rathole's does.
class HandClient {
 public:
  explicit HandClient(const Endpoint& tunnel, absl::string_view source = "127.0.0.1")
      : tunnel_(tunnel), control_(WirePeer::Connect(tunnel, source)) {}

  // Returns the ack.
  std::string Authenticate(absl::string_view service, absl::string_view token) {
    control_.Send(Text(Encode(Hello{Channel::kControl, NameDigest(service)})));
    const std::string hello = control_.Receive(kHelloBytes);
    if (hello.size() != kHelloBytes) return "no hello";
    Digest nonce;
    std::copy(hello.begin() + 5, hello.end(), nonce.begin());
    key_ = SessionKey(token, nonce);
    control_.Send(Text(key_));
    return control_.Receive(kWordBytes);
  }

  WirePeer OpenChannel() {
    WirePeer channel = WirePeer::Connect(tunnel_);
    channel.Send(Text(Encode(Hello{Channel::kData, key_})));
    return channel;
  }

  WirePeer& control() { return control_; }
  const Digest& key() const { return key_; }

 private:
  const Endpoint tunnel_;
  WirePeer control_;
  Digest key_{};
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TESTING_HAND_CLIENT_H_
