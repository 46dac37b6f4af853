#ifndef LIFEBOAT_EXITNODE_CONTROL_TESTING_FAKE_DATA_PLANE_H_
#define LIFEBOAT_EXITNODE_CONTROL_TESTING_FAKE_DATA_PLANE_H_

#include <vector>

#include "base/mutex.h"
#include "exitnode/control/exit_control.h"

namespace lifeboat::exitnode {

// A data plane that is whatever it is told to be. Thread-safe.
class FakeDataPlane final : public DataPlane {
 public:
  absl::Status Apply(const std::vector<ServiceSpec>& services) override {
    MutexLock lock(mutex_);
    if (broken_) return absl::UnavailableError("the tunnel's thread does not answer");
    services_ = services;
    ++applied_;
    return absl::OkStatus();
  }
  absl::StatusOr<TunnelReport> Report() override {
    MutexLock lock(mutex_);
    TunnelReport report;
    for (const ServiceSpec& spec : services_) {
      ServiceReport service;
      service.name = spec.name;
      service.open = spec.open;
      service.listening = true;
      report.services.push_back(service);
    }
    return report;
  }

  std::vector<ServiceSpec> services() const {
    MutexLock lock(mutex_);
    return services_;
  }
  int applied() const {
    MutexLock lock(mutex_);
    return applied_;
  }
  void Break(bool broken) {
    MutexLock lock(mutex_);
    broken_ = broken;
  }

 private:
  mutable Mutex mutex_;
  std::vector<ServiceSpec> services_ GUARDED_BY(mutex_);
  int applied_ GUARDED_BY(mutex_) = 0;
  bool broken_ GUARDED_BY(mutex_) = false;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONTROL_TESTING_FAKE_DATA_PLANE_H_
