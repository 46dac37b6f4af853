#ifndef LIFEBOAT_AGENT_PROBE_CURL_MULTI_H_
#define LIFEBOAT_AGENT_PROBE_CURL_MULTI_H_

#include <curl/curl.h>

#include <functional>

#include "absl/container/flat_hash_map.h"
#include "agent/probe/event_loop.h"

namespace lifeboat::agent {

// libcurl's multi interface on the event loop, whose thread it belongs to. Easy handles stay the
// caller's.
class CurlMulti {
 public:
  using Done = std::function<void(CURLcode)>;

  explicit CurlMulti(EventLoop& loop);
  ~CurlMulti();  // all transfers have ended or been aborted
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // Calls `done` once, never from within, when the transfer of `easy` has ended; `easy` is free
  // then.
  void Start(CURL* easy, Done done);
  // Forgets the transfer; its `done` is not called.
  void Abort(CURL* easy);

 private:
  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);
  void Drive(curl_socket_t socket, int events);

  EventLoop& loop_;
  CURLM* const multi_;
  EventLoop::TimerId timer_;
  absl::flat_hash_map<CURL*, Done> transfers_;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_CURL_MULTI_H_
