#ifndef LIFEBOAT_BASE_TESTING_DESCRIPTOR_LIMIT_H_
#define LIFEBOAT_BASE_TESTING_DESCRIPTOR_LIMIT_H_

#include <sys/resource.h>

namespace lifeboat {

// Lowers the process's descriptor limit for as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t most) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit lowered{.rlim_cur = most, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_TESTING_DESCRIPTOR_LIMIT_H_
