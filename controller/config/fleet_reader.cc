#include "controller/config/fleet_reader.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat::config {
namespace {

std::string ReadCountry(const Reading& reading, const std::string& key,
                        const std::string& country) {
  const bool ok = country.empty() || (country.size() == 2 && absl::ascii_isupper(country[0]) &&
                                      absl::ascii_isupper(country[1]));
  if (!ok) {
    reading.findings.Error(Key(key, "country"),
                           absl::StrCat("country \"", country, "\" wants two letters: DE, US"));
  }
  return country;
}

std::string ReadContinent(const Reading& reading, const std::string& key,
                          const std::string& continent) {
  const std::vector<std::string> known = {"", "AF", "AN", "AS", "EU", "NA", "OC", "SA"};
  if (std::find(known.begin(), known.end(), continent) == known.end()) {
    reading.findings.Error(
        Key(key, "continent"),
        absl::StrCat("continent \"", continent, "\" is none of AF, AN, AS, EU, NA, OC, SA"));
  }
  return continent;
}

double ReadWeight(const Reading& reading, const std::string& key, double weight) {
  if (weight == 0 && !reading.findings.Given(key)) return 1;
  if (weight > 0 && weight <= 1e6) return weight;
  reading.findings.Error(key, absl::StrCat("weight ", weight, " is not above 0"));
  return 1;
}

}  // namespace

VantageSettings ReadVantage(const Reading& reading, const std::string& key,
                            const v1::VantageConfig& proto) {
  CheckName(reading, Key(key, "name"), proto.name());
  // AS 0 would count as a network of its own, and diversity would be a fiction.
  if (proto.asn() == 0) {
    reading.findings.Error(reading.findings.Given(Key(key, "asn")) ? Key(key, "asn") : key,
                           absl::StrCat("vantage \"", proto.name(),
                                        "\" wants asn, the number of the network it sits in"));
  }
  return {.vantage = {.name = proto.name(),
                      .weight = ReadWeight(reading, Key(key, "weight"), proto.weight()),
                      .asn = proto.asn(),
                      .country = ReadCountry(reading, key, proto.country()),
                      .continent = ReadContinent(reading, key, proto.continent())},
          .source_address =
              ReadSourceAddress(reading, Key(key, "source_address"), proto.source_address())};
}

ExitNode ReadExit(const Reading& reading, const std::string& key, const v1::ExitConfig& proto) {
  CheckName(reading, Key(key, "name"), proto.name());
  ExitNode exit{.name = proto.name(),
                .addresses = {},
                .asn = proto.asn(),
                .country = ReadCountry(reading, key, proto.country()),
                .knock_port = ReadPort(reading, Key(key, "knock_port"), proto.knock_port(), 7444),
                .provider = absl::AsciiStrToLower(proto.provider())};
  for (int i = 0; i < proto.addresses_size(); ++i) {
    const std::string at = Key(Key(key, "addresses"), i);
    const auto address = ParseHostAddress(proto.addresses(i));
    if (!address.ok()) {
      reading.findings.Error(at, Words(address.status()));
    } else if (std::find(exit.addresses.begin(), exit.addresses.end(), *address) !=
               exit.addresses.end()) {
      reading.findings.Error(at, absl::StrCat("address ", address->ToString(), " is there twice"));
    } else {
      exit.addresses.push_back(*address);
    }
  }
  if (proto.addresses_size() == 0) {
    reading.findings.Error(
        key, absl::StrCat("exit \"", proto.name(), "\" has no addresses: what would DNS say?"));
  }
  return exit;
}

}  // namespace lifeboat::config
