#ifndef LIFEBOAT_BASE_METRICS_H_
#define LIFEBOAT_BASE_METRICS_H_

#include <string>

#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/labels.h"
#include "prometheus/registry.h"

namespace lifeboat {

// One time series each, made at its first mention and the same one ever after; lives as long as
// `registry`. Names in base units (`_seconds`, `_bytes`), counters end in `_total`; label values
// come from closed sets, never from a peer.
prometheus::Counter& Counter(prometheus::Registry& registry, const std::string& name,
                             const std::string& help, const prometheus::Labels& labels = {});
prometheus::Gauge& Gauge(prometheus::Registry& registry, const std::string& name,
                         const std::string& help, const prometheus::Labels& labels = {});
// `buckets`: upper bounds, ascending, in the unit of the name.
prometheus::Histogram& Histogram(prometheus::Registry& registry, const std::string& name,
                                 const std::string& help,
                                 const prometheus::Histogram::BucketBoundaries& buckets,
                                 const prometheus::Labels& labels = {});

// What /metrics answers, in Prometheus' text format 0.0.4.
std::string MetricsText(const prometheus::Registry& registry);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_METRICS_H_
