#include "controller/config/config.h"

#include <algorithm>

namespace lifeboat::config {
namespace {

template <typename Item>
const Item* FindByName(const std::vector<Item>& items, const std::string& name) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&name](const Item& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

const ExitNode* Config::FindExit(const std::string& name) const { return FindByName(exits, name); }
const Lever* Config::FindLever(const std::string& name) const { return FindByName(levers, name); }
const Service* Config::FindService(const std::string& name) const {
  return FindByName(services, name);
}

std::string DatagramServiceName(const std::string& name) { return name + "-udp"; }

}  // namespace lifeboat::config
