#ifndef LIFEBOAT_BASE_DESCRIPTOR_H_
#define LIFEBOAT_BASE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace lifeboat {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  // Takes what open(2) and its like return, a failure (-1) too.
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~Descriptor() { Reset(); }

  bool ok() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int Release() { return std::exchange(descriptor_, -1); }
  void Reset(int descriptor = -1) {
    if (ok()) close(descriptor_);
    descriptor_ = descriptor;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_DESCRIPTOR_H_
