#include "agent/probe/curl_multi.h"

#include <utility>

namespace lifeboat::agent {

CurlMulti::CurlMulti(EventLoop& loop) : loop_(loop), multi_(curl_multi_init()) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlMulti::~CurlMulti() {
  curl_multi_cleanup(multi_);
  loop_.Cancel(timer_);
}

void CurlMulti::Start(CURL* easy, Done done) {
  transfers_[easy] = std::move(done);
  curl_multi_add_handle(multi_, easy);  // asks for a timer, which begins the transfer
}

void CurlMulti::Abort(CURL* easy) {
  if (transfers_.erase(easy) != 0) curl_multi_remove_handle(multi_, easy);
}

int CurlMulti::OnSocket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                        void* /*known*/) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.loop_.Unwatch(socket);
    return 0;
  }
  const uint32_t events =
      (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
  multi.loop_.Watch(socket, events, [&multi, socket](uint32_t ready) {
    multi.Drive(socket, (ready & EPOLLIN ? CURL_CSELECT_IN : 0) |
                            (ready & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                            (ready & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
  });
  return 0;
}

int CurlMulti::OnTimer(CURLM* /*multi*/, long timeout_ms, void* self) {
  auto& multi = *static_cast<CurlMulti*>(self);
  multi.loop_.Cancel(multi.timer_);
  if (timeout_ms < 0) return 0;
  multi.timer_ = multi.loop_.At(multi.loop_.Now() + absl::Milliseconds(timeout_ms),
                                [&multi] { multi.Drive(CURL_SOCKET_TIMEOUT, 0); });
  return 0;
}

void CurlMulti::Drive(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode result = message->data.result;  // gone with the handle's removal
    curl_multi_remove_handle(multi_, easy);
    const auto found = transfers_.find(easy);
    if (found == transfers_.end()) continue;
    const Done done = std::move(found->second);
    transfers_.erase(found);
    done(result);
  }
}

}  // namespace lifeboat::agent
