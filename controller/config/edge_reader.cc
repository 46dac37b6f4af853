#include "controller/config/edge_reader.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat::config {
namespace {

// https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/routing-to-tunnel/dns/
constexpr absl::string_view kTunnelNames = ".cfargotunnel.com.";

absl::StatusOr<Record> ParseRecord(const v1::RecordConfig& proto) {
  if (proto.type() == v1::RECORD_TYPE_CNAME) {
    ASSIGN_OR_RETURN(const std::string name, ParseHostname(proto.value()));
    return Record{RecordType::kCname, absl::StrCat(name, ".")};
  }
  const bool wants_v4 = proto.type() == v1::RECORD_TYPE_A;
  ASSIGN_OR_RETURN(const IpAddress address, ParseHostAddress(proto.value()));
  if (address.is_v4() != wants_v4) {
    return absl::InvalidArgumentError(absl::StrCat(address.ToString(), " is no value for a record",
                                                   " of type ", wants_v4 ? "A" : "AAAA"));
  }
  return Record{wants_v4 ? RecordType::kA : RecordType::kAaaa, address.ToString()};
}

bool Has(const Records& records, RecordType type) {
  return std::any_of(records.begin(), records.end(),
                     [type](const Record& record) { return record.type == type; });
}

Records ReadRecords(const Reading& reading, const std::string& key, const v1::EdgeConfig& edge) {
  Records records;
  for (int i = 0; i < edge.records_size(); ++i) {
    const std::string at = Key(key, i);
    if (edge.records(i).type() == v1::RECORD_TYPE_UNSPECIFIED) {
      reading.findings.Error(at, "a record wants a type: A, AAAA or CNAME");
      continue;
    }
    const auto record = ParseRecord(edge.records(i));
    if (!record.ok()) {
      reading.findings.Error(Key(at, "value"), Words(record.status()));
    } else if (std::find(records.begin(), records.end(), *record) != records.end()) {
      reading.findings.Error(at, absl::StrCat(RecordsToString({*record}), " is there twice"));
    } else {
      records.push_back(*record);
    }
  }
  std::sort(records.begin(), records.end());
  if (Has(records, RecordType::kCname) && records.size() > 1) {
    reading.findings.Error(
        key, absl::StrCat("a CNAME stands alone at a name (RFC 1034), but here are ",
                          RecordsToString(records), "; keep the CNAME or the addresses"));
  }
  return records;
}

// Where agents find the edge whatever DNS says of the service's own name.
void ReadShadow(const Reading& reading, const std::string& key, const v1::EdgeConfig& proto,
                Service& service) {
  if (!proto.shadow().empty()) {
    const auto name = ParseHostname(proto.shadow());
    if (!name.ok()) return reading.findings.Error(Key(key, "shadow"), Words(name.status()));
    if (*name == service.hostname) {
      return reading.findings.Error(
          Key(key, "shadow"), absl::StrCat(*name, " is the service's own name, which leads to an ",
                                           "exit once one serves; give the edge a second name"));
    }
    service.edge_shadow = *name;
    return;
  }
  for (const Record& record : service.edge_records) {
    if (!absl::EndsWith(record.value, kTunnelNames)) continue;
    reading.findings.Warning(
        Key(key, "records"),
        absl::StrCat(record.value, " has no address outside of its provider, so agents cannot see ",
                     "the edge by it, and a failback can never have evidence; give edge.shadow a ",
                     "second hostname that is proxied to the same tunnel"));
  }
}

void CheckEdgeName(const Reading& reading, const std::string& key, const Service& service) {
  for (const Record& record : service.edge_records) {
    if (record.value == absl::StrCat(service.hostname, ".")) {
      reading.findings.Error(Key(key, "records"),
                             absl::StrCat(service.hostname, " would point at itself"));
    }
  }
}

}  // namespace

void ReadEdge(const Reading& reading, const std::string& key, const v1::EdgeConfig& proto,
              Service& service) {
  service.edge_records = ReadRecords(reading, Key(key, "records"), proto);
  service.edge_port = ReadPort(reading, Key(key, "port"), proto.port(), 443);
  if (proto.records_size() == 0) {
    reading.findings.Error(key,
                           "edge.records is missing: what DNS says while the edge serves, such as "
                           "[{type: CNAME, value: \"app.example.net.cdn.example.com.\"}]");
  }
  for (int i = 0; i < proto.pinned_size(); ++i) {
    const auto address = ParseHostAddress(proto.pinned(i));
    if (address.ok()) {
      service.edge_pinned.push_back(*address);
    } else {
      reading.findings.Error(Key(Key(key, "pinned"), i), Words(address.status()));
    }
  }
  CheckEdgeName(reading, key, service);
  ReadShadow(reading, key, proto, service);
}

// Whoever reaches the edge by one address family alone must reach the exit too.
void CheckFamilies(const Reading& reading, const std::string& key, const Service& service,
                   const ExitNode& exit) {
  if (exit.addresses.empty()) return;
  const bool v4 = std::any_of(exit.addresses.begin(), exit.addresses.end(),
                              [](const IpAddress& address) { return address.is_v4(); });
  const bool v6 = std::any_of(exit.addresses.begin(), exit.addresses.end(),
                              [](const IpAddress& address) { return !address.is_v4(); });
  if (!v4 && !Has(service.edge_records, RecordType::kAaaa)) {
    reading.findings.Error(
        key, absl::StrCat("exit \"", exit.name, "\" has no IPv4 address: most ", "visitors of ",
                          service.hostname, " could not reach it; give it one"));
  } else if (!v4 && Has(service.edge_records, RecordType::kA)) {
    reading.findings.Error(key, absl::StrCat("the edge has an IPv4 address and exit \"", exit.name,
                                             "\" has none: visitors with IPv4 alone would lose ",
                                             service.hostname, "; give it one"));
  } else if (!v6 && Has(service.edge_records, RecordType::kAaaa)) {
    reading.findings.Warning(
        key, absl::StrCat("the edge has an IPv6 address and exit \"", exit.name,
                          "\" has none: visitors with IPv6 alone would lose ", service.hostname));
  }
}

}  // namespace lifeboat::config
