#include "controller/health/filter.h"

namespace lifeboat {
namespace {

template <typename... Makers>
struct Overloaded : Makers... {
  using Makers::operator()...;
};
template <typename... Makers>
Overloaded(Makers...) -> Overloaded<Makers...>;

using Any =
    std::variant<KOfNFilter, RunFilter, RateFilter, LeakyFilter, SilenceFilter, EjectionFilter>;

}  // namespace

Filter::Filter(const FilterRule& rule)
    : filter_(std::visit(
          Overloaded{[](const KOfN& k_of_n) -> Any { return KOfNFilter(k_of_n); },
                     [](const Run& run) -> Any { return RunFilter(run); },
                     [](const Rate& rate) -> Any { return RateFilter(rate); },
                     [](const Leaky& leaky) -> Any { return LeakyFilter(leaky); },
                     [](const Silence& silence) -> Any { return SilenceFilter(silence); },
                     [](const Ejection& ejection) -> Any { return EjectionFilter(ejection); }},
          rule)) {}

}  // namespace lifeboat
