#ifndef LIFEBOAT_EXITNODE_GUARD_SOCKET_FILTER_H_
#define LIFEBOAT_EXITNODE_GUARD_SOCKET_FILTER_H_

#include <linux/filter.h>

#include <vector>

#include "absl/status/status.h"
#include "base/address.h"

// What makes a listening port dark (docs/decisions/007.md): a classic BPF program on the listening
// socket, asked about each segment before TCP sees it. A stranger's SYN is dropped there, so that
// the port answers neither yes nor no, exactly like an address without a host.
namespace lifeboat::exitnode {

using FilterProgram = std::vector<sock_filter>;

// Passes segments whose source is one of `addresses`, and drops all others. Right for IPv4, IPv6
// and dual-stack sockets.
FilterProgram PassOnly(const std::vector<IpAddress>& addresses);

// Puts `program` in the place of whatever filter the socket has, in one step. Connections that are
// already established keep the filter that they have.
absl::Status AttachFilter(int socket, const FilterProgram& program);

// Takes the filter off; OK if there is none. Accepted sockets inherit their listener's filter: take
// it off at once, or they would fall silent when their source leaves the list.
absl::Status DetachFilter(int socket);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_GUARD_SOCKET_FILTER_H_
