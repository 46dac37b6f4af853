#ifndef LIFEBOAT_BASE_VERSION_H_
#define LIFEBOAT_BASE_VERSION_H_

namespace lifeboat {

// Of all programs alike; CHANGELOG.md says what each version brought.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_VERSION_H_
