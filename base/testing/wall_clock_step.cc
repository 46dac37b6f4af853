#include "base/testing/wall_clock_step.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>

namespace {

std::atomic<long> wall_offset_seconds = 0;

long Fail(long result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

// libc's own syscall() is the function replaced below.
long KernelCall(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

bool IsPast(const timespec& deadline) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec > deadline.tv_sec ||
         (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec);
}

// What the kernel does when the clock is set under a waiting futex: in slices, since this one's
// clock is not the kernel's.
long WaitOnWallClock(long futex, long value, const timespec& deadline) {
  constexpr timespec kSlice{.tv_sec = 0, .tv_nsec = 2'000'000};
  while (!IsPast(deadline)) {
    const long result = KernelCall(SYS_futex, futex, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value,
                                   reinterpret_cast<long>(&kSlice), 0, 0);
    if (result != -ETIMEDOUT) return result;
  }
  return -ETIMEDOUT;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result =
      KernelCall(SYS_clock_gettime, clock, reinterpret_cast<long>(time), 0, 0, 0, 0);
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += wall_offset_seconds;
  return static_cast<int>(Fail(result));
}

extern "C" long syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_futex && (a[1] & FUTEX_CLOCK_REALTIME) != 0 && a[3] != 0) {
    return Fail(WaitOnWallClock(a[0], a[2], *reinterpret_cast<const timespec*>(a[3])));
  }
  return Fail(KernelCall(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}

namespace lifeboat {

void StepWallClock(long seconds) { wall_offset_seconds += seconds; }

}  // namespace lifeboat
