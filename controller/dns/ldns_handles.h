#ifndef LIFEBOAT_CONTROLLER_DNS_LDNS_HANDLES_H_
#define LIFEBOAT_CONTROLLER_DNS_LDNS_HANDLES_H_

#include <ldns/ldns.h>
// ldns defines these as macros, which the standard library does not survive.
#undef bool
#undef true
#undef false

#include <memory>

namespace lifeboat {

// ldns objects with an owner.
struct LdnsDeleter {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
  void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
  void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
  void operator()(ldns_rr_list* list) const { ldns_rr_list_deep_free(list); }
  void operator()(ldns_buffer* buffer) const { ldns_buffer_free(buffer); }
};
template <typename T>
using Ldns = std::unique_ptr<T, LdnsDeleter>;

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_LDNS_HANDLES_H_
