#ifndef LIFEBOAT_BASE_NEAREST_H_
#define LIFEBOAT_BASE_NEAREST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace lifeboat {

// Of `known` the word that was probably meant by `word`: at most a third of its letters, and at
// most three, are wrong, missing, too many or swapped. Empty where none is that near.
std::string NearestWord(absl::string_view word, const std::vector<std::string>& known);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_NEAREST_H_
