#ifndef LIFEBOAT_AGENT_PROBE_TESTING_FAKE_DNS_SERVER_H_
#define LIFEBOAT_AGENT_PROBE_TESTING_FAKE_DNS_SERVER_H_

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/descriptor.h"
#include "base/mutex.h"

namespace lifeboat::agent {

// A DNS server over UDP on 127.0.0.1 that answers from a table: what is not there is NXDOMAIN.
class FakeDnsServer {
 public:
  struct Entry {
    std::string alias;  // answered as a CNAME first, if any
    std::vector<std::string> addresses;
    int rcode = 0;
    bool silent = false;
    bool silent_on_a = false;  // to questions for IPv4 alone
  };

  FakeDnsServer() : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address;
    socklen_t length = Endpoint{*IpAddress::Parse("127.0.0.1"), 0}.ToSockaddr(address);
    bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length);
    length = sizeof(address);
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    endpoint_ = *Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address));
    thread_ = std::thread([this] { Serve(); });
  }
  ~FakeDnsServer() {
    stopping_ = true;
    thread_.join();
  }

  const Endpoint& endpoint() const { return endpoint_; }
  int questions() const { return questions_; }
  // Who asked last.
  Endpoint last_client() {
    MutexLock lock(mutex_);
    return last_client_;
  }
  void Set(const std::string& name, Entry entry) {
    MutexLock lock(mutex_);
    entries_[name] = std::move(entry);
  }
  void SetSilent(bool silent) { silent_ = silent; }

 private:
  void Serve() {
    while (!stopping_) {
      pollfd ready{socket_.get(), POLLIN, 0};
      if (poll(&ready, 1, 20) <= 0) continue;
      char packet[512];
      sockaddr_storage from;
      socklen_t length = sizeof(from);
      auto* client = reinterpret_cast<sockaddr*>(&from);
      const ssize_t size = recvfrom(socket_.get(), packet, sizeof(packet), 0, client, &length);
      if (size < 17) continue;
      ++questions_;
      const std::string reply = Reply(std::string(packet, size), *Endpoint::FromSockaddr(client));
      if (reply.empty() || silent_) continue;
      sendto(socket_.get(), reply.data(), reply.size(), 0, client, length);
    }
  }

  std::string Reply(const std::string& question, const Endpoint& client) {
    MutexLock lock(mutex_);
    last_client_ = client;
    size_t at = 12;
    std::string name;
    while (question[at] != 0) {
      name += question.substr(at + 1, question[at]) + ".";
      at += question[at] + 1;
    }
    name.pop_back();
    const int type = question[at + 2];
    std::string reply = question.substr(0, at + 5);
    reply[2] = '\x85';
    reply[3] = '\x80';
    reply.replace(6, 6, std::string(6, '\0'));
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      reply[3] = static_cast<char>(0x80 | ns_r_nxdomain);
      return reply;
    }
    if (found->second.silent || (found->second.silent_on_a && type == ns_t_a)) return "";
    reply[3] = static_cast<char>(0x80 | found->second.rcode);
    if (found->second.rcode == 0) AppendAnswers(found->second, type, reply);
    return reply;
  }

  static void AppendAnswers(const Entry& entry, int type, std::string& reply) {
    std::string owner = "\xc0\x0c";
    if (!entry.alias.empty()) {
      std::string target;
      for (size_t at = 0; at < entry.alias.size();) {
        const size_t dot = std::min(entry.alias.find('.', at), entry.alias.size());
        target += static_cast<char>(dot - at) + entry.alias.substr(at, dot - at);
        at = dot + 1;
      }
      target += '\0';
      AppendRecord(owner, ns_t_cname, target, reply);
      owner = target;
    }
    for (const std::string& text : entry.addresses) {
      const IpAddress address = *IpAddress::Parse(text);
      if (address.is_v4() != (type == ns_t_a)) continue;
      AppendRecord(owner, type, address.ToBytes(), reply);
    }
  }

  static void AppendRecord(const std::string& owner, int type, const std::string& data,
                           std::string& reply) {
    reply += owner;
    reply += std::string("\0", 1) + static_cast<char>(type) + std::string("\0\1\0\0\0\x3c\0", 7);
    reply += static_cast<char>(data.size());
    reply += data;
    ++reply[7];
  }

  Descriptor socket_;
  Endpoint endpoint_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> silent_{false};
  std::atomic<int> questions_{0};
  Mutex mutex_;
  std::map<std::string, Entry> entries_ GUARDED_BY(mutex_);
  Endpoint last_client_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_TESTING_FAKE_DNS_SERVER_H_
