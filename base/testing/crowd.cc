#include "base/testing/crowd.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/address.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

sockaddr_in Loopback(uint8_t third_byte, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7f000001 | (third_byte << 8));
  return address;
}

int ConnectOnce(uint16_t port) {
  const int stranger = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in from = Loopback(9, 0), to = Loopback(0, port);
  bind(stranger, reinterpret_cast<const sockaddr*>(&from), sizeof(from));
  if (connect(stranger, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) return stranger;
  close(stranger);
  return -1;
}

}  // namespace

Crowd::Crowd() {
  std::array<int, 2> orders{}, answers{};
  EXPECT_EQ(pipe(orders.data()), 0);
  EXPECT_EQ(pipe(answers.data()), 0);
  child_ = fork();
  if (child_ == 0) {
    close(orders[1]);
    close(answers[0]);
    Live(orders[0], answers[1]);
  }
  close(orders[0]);
  close(answers[1]);
  orders_ = orders[1];
  answers_ = answers[0];
}

Crowd::~Crowd() {
  close(orders_);  // the child reads the end of its orders, and ends
  close(answers_);
  waitpid(child_, nullptr, 0);
}

int Crowd::Come(uint16_t port, int count) { return Tell({port, count}); }

void Crowd::Leave() { Tell({0, 0}); }

int Crowd::Tell(Order order) {
  int answer = -1;
  EXPECT_EQ(write(orders_, &order, sizeof(order)), static_cast<ssize_t>(sizeof(order)));
  EXPECT_EQ(read(answers_, &answer, sizeof(answer)), static_cast<ssize_t>(sizeof(answer)));
  return answer;
}

void Crowd::Live(int orders, int answers) {
  std::vector<int> strangers;
  Order order{};
  while (read(orders, &order, sizeof(order)) == sizeof(order)) {
    for (int i = 0; i < order.count; ++i) {
      const int stranger = ConnectOnce(order.port);
      if (stranger >= 0) strangers.push_back(stranger);
    }
    if (order.count == 0) {
      for (const int stranger : strangers) close(stranger);
      strangers.clear();
    }
    const int present = static_cast<int>(strangers.size());
    if (write(answers, &present, sizeof(present)) < 0) break;
  }
  _exit(0);
}

}  // namespace lifeboat
