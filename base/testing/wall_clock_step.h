#ifndef LIFEBOAT_BASE_TESTING_WALL_CLOCK_STEP_H_
#define LIFEBOAT_BASE_TESTING_WALL_CLOCK_STEP_H_

namespace lifeboat {

// Sets this process's wall clock forward or back, as seen by clock_gettime(CLOCK_REALTIME) and by
// futexes that wait for a time of that clock, the ones under way too. For a program that links
// wall_clock_step.cc, which takes the place of two functions of libc; the machine's clock stays.
void StepWallClock(long seconds);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_TESTING_WALL_CLOCK_STEP_H_
