#include "controller/config/config_reader.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr absl::string_view kGood =
    R"(identity: {ca: ca.pem, certificate: controller.pem, key: controller.key}
resolvers: [9.9.9.9, 193.110.81.0]
panel: ["https://example.org/", "https://example.com/"]
vantages:
  - {name: fra, asn: 24940, country: DE}
  - {name: lon, asn: 20473, country: GB}
  - {name: ams, asn: 14061, country: NL}
  - {name: syd, asn: 45102, country: AU}
exits:
  - {name: nyc, addresses: [203.0.113.10, "2001:db8::10"], asn: 20473, country: US}
levers:
  - name: own
    rfc2136: {server: 192.0.2.53, zone: example.net, key: {name: lifeboat, secret_file: tsig.key}}
services:
  - name: web
    hostname: App.Example.net
    edge: {records: [{type: CNAME, value: "app.example.net.cdn.cloudflare.net."}]}
    exits: [nyc]
    tunnel: {token_file: web.token}
    levers: [own]
)";

class ConfigReaderTest : public testing::Test {
 protected:
  ConfigReaderTest() {
    std::string pattern = absl::StrCat(testing::TempDir(), "/config.XXXXXX");
    directory_ = std::filesystem::path(mkdtemp(pattern.data())).lexically_normal().string();
    Write("web.token", "a token of 24 characters\n");
    Write("tsig.key", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\n");
  }
  std::string Path(absl::string_view file) const { return absl::StrCat(directory_, "/", file); }
  void Write(absl::string_view file, absl::string_view content) const {
    std::ofstream(Path(file)) << content;
    chmod(Path(file).c_str(), 0600);
  }
  ConfigFile Read(absl::string_view text) const {
    Write("controller.yaml", text);
    auto file = ReadConfigFile(Path("controller.yaml"));
    EXPECT_TRUE(file.ok()) << file.status();
    if (!file.ok()) return {};
    // The directory's name is no part of what is expected.
    file->findings = absl::StrReplaceAll(file->findings, {{directory_ + "/", ""}});
    return *std::move(file);
  }
  // kGood with one piece of it replaced.
  ConfigFile ReadWith(absl::string_view from, absl::string_view to) const {
    EXPECT_THAT(std::string(kGood), HasSubstr(std::string(from)));
    return Read(absl::StrReplaceAll(kGood, {{from, to}}));
  }
  // The first line of each finding.
  static std::vector<std::string> Lines(const ConfigFile& file) {
    std::vector<std::string> lines;
    for (const absl::string_view line : absl::StrSplit(file.findings, '\n')) {
      if (absl::StartsWith(line, "controller.yaml:")) {
        lines.emplace_back(line.substr(absl::string_view("controller.yaml:").size()));
      }
    }
    return lines;
  }
  std::string directory_;
};

TEST_F(ConfigReaderTest, FillsInEveryDefault) {
  const ConfigFile file = Read(kGood);
  EXPECT_EQ(file.findings, "");
  ASSERT_TRUE(file.config.has_value());
  const Config& config = *file.config;
  EXPECT_EQ(config.grpc_listen, "[::]:7443");
  EXPECT_EQ(config.http_listen, "127.0.0.1:9440");
  EXPECT_EQ(config.ca_file, Path("ca.pem"));
  EXPECT_EQ(config.sqlite_path, "/var/lib/lifeboat/journal.db");
  EXPECT_EQ(config.resolvers[0].ToString(), "9.9.9.9:53");
  EXPECT_EQ(config.panel_interval, absl::Seconds(2));
  EXPECT_EQ(config.vantages[0].vantage.weight, 1);
  EXPECT_EQ(config.exits[0].knock_port, 7444);
  EXPECT_EQ(config.levers[0].rfc2136.server.ToString(), "192.0.2.53:53");
  EXPECT_EQ(config.levers[0].rfc2136.key.name, "lifeboat.");
  EXPECT_EQ(config.levers[0].rfc2136.key.algorithm, "hmac-sha256.");
  EXPECT_EQ(config.levers[0].rfc2136.key.secret, "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0");
  EXPECT_EQ(config.levers[0].rfc2136.timeout, absl::Seconds(5));
  const Service& web = config.services[0];
  EXPECT_EQ(web.hostname, "app.example.net");
  EXPECT_EQ(web.ttl, absl::Seconds(60));
  EXPECT_EQ(RecordsToString(web.edge_records), "CNAME app.example.net.cdn.cloudflare.net.");
  EXPECT_EQ(web.edge_port, 443);
  EXPECT_EQ(web.tunnel_token, "a token of 24 characters");
  EXPECT_THAT(web.tcp_ports, ElementsAre(443));
  EXPECT_EQ(web.health.scheme, "https");
  EXPECT_EQ(web.health.path, "/");
  EXPECT_EQ(web.health.interval, absl::Seconds(2));
  EXPECT_EQ(web.health.timeout, absl::Milliseconds(1500));
  EXPECT_EQ(web.health.slow_after, absl::InfiniteDuration());
  EXPECT_THAT(web.health.expect_status, ElementsAre(std::make_pair(200, 299)));
  const KOfN& filter = std::get<KOfN>(web.rule.filter);
  EXPECT_EQ(filter.k, 3);
  EXPECT_EQ(filter.n, 4);
  EXPECT_EQ(filter.recover, 4);
  EXPECT_EQ(web.rule.oscillation.window, absl::Minutes(15));
  EXPECT_EQ(web.rule.oscillation.min_phase, absl::Seconds(60));
  EXPECT_EQ(web.rule.oscillation.reversals, 3);
  EXPECT_EQ(web.quorum.share, 0.5);
  EXPECT_EQ(web.quorum.min_voters, 3);
  EXPECT_EQ(web.quorum.min_asns, 2);
  EXPECT_EQ(web.quorum.min_countries, 1);
  EXPECT_EQ(web.quorum.min_turnout, 0.5);
  EXPECT_EQ(web.quorum.hold, absl::Seconds(10));
  EXPECT_EQ(web.clean_for, absl::Hours(2));
  EXPECT_EQ(web.exit_stays_open, absl::Minutes(15));
  EXPECT_EQ(web.intent_expires_after, absl::Minutes(15));
}

TEST_F(ConfigReaderTest, TakesTheKeyStatementThatTsigKeygenPrints) {
  Write("tsig.key",
        "key \"tsig-key\" {\n\talgorithm hmac-sha512;\n\tsecret "
        "\"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\";\n};\n");
  const ConfigFile file = ReadWith("name: lifeboat, ", "");
  EXPECT_EQ(file.findings, "");
  ASSERT_TRUE(file.config.has_value());
  const TsigKey& key = file.config->levers[0].rfc2136.key;
  EXPECT_EQ(key.name, "tsig-key.");
  EXPECT_EQ(key.algorithm, "hmac-sha512.");
  EXPECT_EQ(key.secret, "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0");
  EXPECT_THAT(Lines(Read(kGood)),
              ElementsAre("13:66: key \"lifeboat\" is called \"tsig-key\" in its file"));
}

TEST_F(ConfigReaderTest, ShowsTheLineAndACaret) {
  const ConfigFile file =
      ReadWith("    hostname: App.Example.net\n", "    hostname: app.example.org\n    ttl: 0s\n");
  EXPECT_FALSE(file.config.has_value());
  EXPECT_EQ(file.errors, 2);
  EXPECT_EQ(file.findings,
            R"(controller.yaml:17:10: ttl 0s is not at least 1s; 60s is usual
   17 |     ttl: 0s
      |          ^^
controller.yaml:21:13: lever "own" writes zone example.net, which app.example.org is not in
   21 |     levers: [own]
      |             ^
2 errors
)");
}

TEST_F(ConfigReaderTest, RefusesLeversOfTwoZonesForOneService) {
  std::string text(kGood);
  text = absl::StrReplaceAll(
      text, {{"services:\n",
              "  - name: sub\n    rfc2136: {server: 192.0.2.54, zone: App.example.net, key: {name: "
              "lifeboat, secret_file: tsig.key}}\nservices:\n"},
             {"hostname: App.Example.net", "hostname: www.app.example.net"},
             {"levers: [own]", "levers: [own, sub]"}});
  EXPECT_THAT(Lines(Read(text)),
              ElementsAre("22:13: lever \"own\" writes zone example.net and lever \"sub\" zone "
                          "app.example.net, and the levers of a service must write the same; keep "
                          "those of the zone that serves www.app.example.net"));
  const std::string same =
      absl::StrReplaceAll(text, {{"zone: App.example.net", "zone: Example.net"}});
  EXPECT_TRUE(Read(same).config.has_value()) << "two servers of one zone are two ways to write it";
}

struct Case {
  const char* from;
  const char* to;
  std::vector<std::string> want;  // "line:column: words", the first line of each finding
};

TEST_F(ConfigReaderTest, NamesEveryMistakeAndWhatToDo) {
  const Case kCases[] = {
      // Shape.
      {"    hostname:",
       "    hostnme:",
       {"15:5: service \"web\" wants a hostname: app.example.net",
        "16:5: unknown key \"hostnme\" in services[0]; did you mean \"hostname\"?"}},
      {"    exits: [nyc]",
       "    ttl: 30\n    exits: [nyc]",
       {"18:10: ttl wants a unit: 30s, 5m, 1h"}},
      // Names and references.
      {"exits: [nyc]", "exits: [ncy]", {"18:13: there is no exit \"ncy\"; did you mean \"nyc\"?"}},
      {"levers: [own]", "levers: [own, own]", {"20:19: lever \"own\" is there twice"}},
      {"name: lon", "name: fra", {"6:12: vantage \"fra\" is there twice; a name is used once"}},
      {"name: fra",
       "name: Fra",
       {"5:12: name \"Fra\" wants lower-case letters, digits and -, at most 63"}},
      {"    exits: [nyc]\n", "", {"15:5: service \"web\" has no exits: where should it move to?"}},
      {"    levers: [own]\n", "", {"15:5: service \"web\" has no levers: what should move it?"}},
      {"    tunnel: {token_file: web.token}\n",
       "",
       {"15:5: service \"web\" wants tunnel.token_file, a file with a secret that its connector "
        "has too"}},
      // Impossible policies.
      {"    exits: [nyc]",
       "    quorum: {min_voters: 5}\n    exits: [nyc]",
       {"18:26: min_voters 5 can never be met: there are 4 vantages; add some or lower it"}},
      {"    exits: [nyc]",
       "    quorum: {min_asns: 5}\n    exits: [nyc]",
       {"18:24: min_asns 5 can never be met: there are 4 networks (ASNs) among the vantages; add "
        "some or lower it"}},
      {"    exits: [nyc]",
       "    quorum: {share: 0}\n    exits: [nyc]",
       {"18:21: 0 is no share: above 0, at most 1"}},
      {"    exits: [nyc]",
       "    quorum: {share: 1.5}\n    exits: [nyc]",
       {"18:21: 1.5 is no share: above 0, at most 1"}},
      {"    exits: [nyc]",
       "    quorum: {min_voters: 4}\n    exits: [nyc]",
       {"18:13: warning: the loss of any one vantage leaves this service BLIND: 3 voters "
        "(min_voters 4); add a vantage or lower the policy"}},
      {"{name: fra, asn: 24940, country: DE}",
       "{name: fra, asn: 24940, country: DE, weight: 9}",
       {"15:5: warning: the loss of fra leaves this service BLIND: 3 of 12 weight (min_turnout "
        "0.5); add a vantage or lower the policy"}},
      {"    edge: {records",
       "    edge: {shadow: App.example.net, records",
       {"17:20: app.example.net is the service's own name, which leads to an exit once one serves; "
        "give the edge a second name"}},
      {"    edge: {records",
       "    edge: {shadow: \"a b\", records",
       {"17:20: \"a b\" is no host name: letters, digits and - between dots"}},
      {"    exits: [nyc]",
       "    filter: {k_of_n: {k: 5}}\n    exits: [nyc]",
       {"18:26: k 5 of n 4 can never be reached: k is at most n"}},
      {"    exits: [nyc]",
       "    filter: {k_of_n: {n: 65}}\n    exits: [nyc]",
       {"18:26: 65 is not between 1 and 64"}},
      {"    exits: [nyc]",
       "    filter: {run: {fall: 0}}\n    exits: [nyc]",
       {"18:26: 0 is not between 1 and 1000"}},
      {"    exits: [nyc]",
       "    filter: {rate: {window: 10s}}\n    exits: [nyc]",
       {"18:29: with one probe each 2s a window of 10s hardly ever holds 5 results; widen the "
        "window, or lower minimum"}},
      {"    exits: [nyc]",
       "    filter: {rate: {threshold: 1.1}}\n    exits: [nyc]",
       {"18:32: 1.1 is not above 0 and at most 1"}},
      {"    exits: [nyc]",
       "    filter: {leaky: {clear: 0.6}}\n    exits: [nyc]",
       {"18:29: clear 0.6 is not below trip 0.6"}},
      {"    exits: [nyc]",
       "    filter: {leaky: {half_life: 400ms}}\n    exits: [nyc]",
       {"18:33: half_life 400ms forgets each result before the next but one comes, with one probe "
        "each 2s"}},
      {"    exits: [nyc]",
       "    filter: {leaky: {half_life: 5m}}\n    exits: [nyc]",
       {"18:33: warning: after an outage of every probe this stays DOWN for 11m36s of good ones; "
        "raise clear or lower half_life"}},
      {"    exits: [nyc]",
       "    filter: {preset: rout53}\n    exits: [nyc]",
       {"18:22: there is no preset \"rout53\"; did you mean \"route53\"?; there are route53, "
        "cloudflare-lb, envoy-consecutive, sentinel, cf-wan-tunnel, cloudflared-conn"}},
      {"    exits: [nyc]",
       "    oscillation: {window: 2m}\n    exits: [nyc]",
       {"18:27: a window of 2m can never hold 3 phases of 1m or more"}},
      {"    exits: [nyc]",
       "    oscillation: {reversals: 9}\n    exits: [nyc]",
       {"18:30: 9 is not between 1 and 8"}},
      {"    exits: [nyc]",
       "    oscillation: {min_phase: 0s}\n    exits: [nyc]",
       {"18:30: 0s is not above 0s and at most 24h"}},
      {"    exits: [nyc]",
       "    health: {timeout: 2s}\n    exits: [nyc]",
       {"18:23: timeout 2s is not below interval 2s; lower the timeout"}},
      {"    exits: [nyc]",
       "    health: {interval: 1s}\n    exits: [nyc]",
       {"18:24: timeout 1.5s (the default) is not below interval 1s; lower the timeout"}},
      {"    exits: [nyc]",
       "    health: {interval: 50ms, timeout: 10ms}\n    exits: [nyc]",
       {"18:24: interval 50ms is not between 100ms and 1h"}},
      {"    exits: [nyc]",
       "    health: {scheme: htps}\n    exits: [nyc]",
       {"18:22: scheme \"htps\" is none of https, http, tcp; did you mean \"https\"?"}},
      {"    exits: [nyc]",
       "    health: {scheme: tcp, path: /x}\n    exits: [nyc]",
       {"18:33: a tcp probe only connects: path wants scheme https or http"}},
      {"    exits: [nyc]",
       "    health: {expect_status: [200-99]}\n    exits: [nyc]",
       {"18:30: \"200-99\" is no status or range of them: \"200\", \"200-299\""}},
      {"    exits: [nyc]",
       "    ttl: 1500ms\n    exits: [nyc]",
       {"18:10: ttl 1.5s is not in whole seconds"}},
      {"    exits: [nyc]",
       "    ttl: 10m\n    exits: [nyc]",
       {"18:10: warning: ttl 10m: after a move visitors go to the old place for so long; 60s is "
        "usual"}},
      {"    exits: [nyc]",
       "    failback: {exit_stays_open: 10s}\n    exits: [nyc]",
       {"18:33: exit_stays_open 10s is below ttl 1m: visitors who remember the exit would find it "
        "closed"}},
      // Records.
      {"app.example.net.cdn.cloudflare.net.",
       "4f2c.cfargotunnel.com.",
       {"17:21: warning: 4f2c.cfargotunnel.com. has no address outside of its provider, so agents "
        "cannot see the edge by it, and a failback can never have evidence; give edge.shadow a "
        "second hostname that is proxied to the same tunnel",
        "17:21: 4f2c.cfargotunnel.com. works only inside Cloudflare's own zones, and lever \"own\" "
        "writes another server (rfc2136): visitors would find nothing; use the name of a partial "
        "set-up, <hostname>.cdn.cloudflare.net."}},
      {"cloudflare.net.\"}]",
       "cloudflare.net.\"}, {type: A, value: 192.0.2.1}]",
       {"17:21: a CNAME stands alone at a name (RFC 1034), but here are A 192.0.2.1, CNAME "
        "app.example.net.cdn.cloudflare.net.; keep the CNAME or the addresses"}},
      {"hostname: App.Example.net",
       "hostname: example.net",
       {"17:21: example.net is the apex of its zone, where no CNAME may stand (RFC 1034); use "
        "addresses"}},
      {"{type: CNAME, value: \"app.example.net.cdn.cloudflare.net.\"}",
       "{type: A, value: x}",
       {"17:39: \"x\" is not an IP address (192.0.2.1 or 2001:db8::1)"}},
      {"hostname: App.Example.net",
       "hostname: app_1.example.net",
       {"16:15: \"app_1.example.net\" is no host name: letters, digits and - between dots"}},
      {"{type: CNAME, value: \"app.example.net.cdn.cloudflare.net.\"}",
       "{type: AAAA, value: \"2001:db8::1\"}",
       {}},
      // Machines.
      {"[203.0.113.10, \"2001:db8::10\"]",
       "[\"2001:db8::10\"]",
       {"18:12: exit \"nyc\" has no IPv4 address: most visitors of app.example.net could not reach "
        "it; give it one"}},
      {"[203.0.113.10, \"2001:db8::10\"]",
       "[0.0.0.0]",
       {"10:29: 0.0.0.0 is the address of no single host"}},
      {"asn: 24940, ",
       "",
       {"5:5: vantage \"fra\" wants asn, the number of the network it sits in"}},
      {"country: DE", "country: Germany", {"5:38: country \"Germany\" wants two letters: DE, US"}},
      {"server: 192.0.2.53",
       "server: ns1.example.net",
       {"13:23: \"ns1.example.net\" wants an address, or address:port: 192.0.2.53, 192.0.2.53:53, "
        "[2001:db8::53]:53"}},
      {"secret_file: tsig.key",
       "secret_file: none.key",
       {"13:89: cannot open none.key: No such file or directory"}},
      // The rest.
      {"[9.9.9.9, 193.110.81.0]",
       "[9.9.9.9]",
       {"2:12: warning: 1 resolver: while one fails the edge looks dead; two of different "
        "operators "
        "are wished for"}},
      {"\"https://example.com/\"",
       "\"example.com\"",
       {"3:8: warning: 1 panel host: a vantage that is cut off is hard to tell from an edge that "
        "is "
        "down; two or more are wished for",
        "3:33: \"example.com\" wants a whole URL: https://example.org/"}},
      {"\"https://example.com/\"",
       "\"https://app.example.net/\"",
       {"3:33: app.example.net is service \"web\" itself: a panel target shares no fate with the "
        "edge"}},
      {"resolvers:",
       "listen: {http: \"[::]:9440\"}\nresolvers:",
       {"2:16: warning: the status page at [::]:9440 asks nobody who they are; keep it at "
        "127.0.0.1 "
        "and put nginx with client certificates before it"}},
      {"resolvers:",
       "operators: [{name: anna, role: CHIEF}]\nresolvers:",
       {"2:12: warning: nobody has the role ADMIN: nobody could raise the epoch",
        "2:13: operator \"anna\" wants a role: VIEWER, OPERATOR or ADMIN",
        "2:32: role wants one of VIEWER, OPERATOR, ADMIN, not \"CHIEF\""}},
  };
  for (const Case& one : kCases) {
    const ConfigFile file = ReadWith(one.from, one.to);
    EXPECT_EQ(Lines(file), one.want) << "after " << one.from << " became " << one.to;
    EXPECT_EQ(file.config.has_value(), file.errors == 0);
  }
}

TEST_F(ConfigReaderTest, TakesEveryKindOfFilterWithItsDefaults) {
  const auto rule = [&](absl::string_view filter) {
    const ConfigFile file =
        ReadWith("    exits: [nyc]", absl::StrCat("    filter: {", filter, "}\n    exits: [nyc]"));
    EXPECT_EQ(file.findings, "") << filter;
    return file.config.has_value() ? file.config->services[0].rule : HealthRule{};
  };
  EXPECT_EQ(std::get<KOfN>(rule("k_of_n: {k: 2, n: 3}").filter).recover, 3);
  EXPECT_EQ(std::get<lifeboat::Run>(rule("run: {fall: 5}").filter).fall, 5);
  EXPECT_EQ(std::get<lifeboat::Run>(rule("run: {fall: 5}").filter).rise, 3);
  EXPECT_EQ(std::get<Rate>(rule("rate: {}").filter).window, absl::Seconds(30));
  EXPECT_EQ(std::get<Rate>(rule("rate: {threshold: 0.25}").filter).threshold, 0.25);
  EXPECT_EQ(std::get<Leaky>(rule("leaky: {}").filter).trip, 0.6);
  EXPECT_EQ(std::get<Leaky>(rule("leaky: {half_life: 4s}").filter).half_life, absl::Seconds(4));
  EXPECT_EQ(std::get<Silence>(rule("preset: sentinel").filter).after, absl::Seconds(30));
  EXPECT_EQ(rule("preset: route53").degradation.failures, 0);
  EXPECT_EQ(rule("preset: route53").oscillation.reversals, 3);
}

TEST_F(ConfigReaderTest, RefusesSecretsThatAreShortOrNone) {
  Write("web.token", "short\n");
  EXPECT_THAT(
      Lines(Read(kGood)),
      ElementsAre("19:26: the token in web.token has 5 bytes and wants 16 or more: `openssl "
                  "rand -hex 32 > web.token`"));
  Write("web.token", "a token of 24 characters\n");
  Write("tsig.key", "not base64 at all!");
  EXPECT_THAT(
      Lines(Read(kGood)),
      ElementsAre("13:89: tsig.key holds neither base64 nor a named.conf key statement; make "
                  "one with `tsig-keygen lifeboat`"));
  Write("tsig.key", "c2hvcnQ=");
  EXPECT_THAT(Lines(Read(kGood)), ElementsAre(HasSubstr("has 5 bytes and wants 16 or more")));
}

TEST_F(ConfigReaderTest, ReadsRegions) {
  const auto quorum = [this](absl::string_view keys) {
    return ReadWith("    exits: [nyc]\n", absl::StrCat("    quorum: {share: 0.6, regions: {", keys,
                                                       "}}\n    exits: [nyc]\n"));
  };
  const ConfigFile by_country =
      quorum("by: COUNTRY, min_regions: 3, weights: [{region: DE, weight: 2.5}]");
  ASSERT_TRUE(by_country.config.has_value()) << by_country.findings;
  const RegionPolicy regions = *by_country.config->services[0].quorum.regions;
  EXPECT_EQ(regions.by, RegionPolicy::By::kCountry);
  EXPECT_EQ(regions.share, 0.6);  // the quorum's
  EXPECT_EQ(regions.min_regions, 3);
  EXPECT_THAT(regions.weights, ElementsAre(std::pair<const std::string, double>("DE", 2.5)));

  const std::pair<const char*, const char*> kFindings[] = {
      {"share: 0.5",
       "no continent is given for fra, lon, ams, syd: regions by continent want `continent:` of "
       "every vantage"},
      {"by: COUNTRY, share: 1.5", "1.5 is no share: above 0, at most 1"},
      {"by: COUNTRY, share: 0", "0 is no share: above 0, at most 1"},
      {"by: COUNTRY, min_regions: 5",
       "min_regions 5 can never be met: the vantages are in 4 regions; add some or lower it"},
      {"by: COUNTRY, min_regions: 0", "min_regions 0: with no region that votes nobody sees"},
      {"by: COUNTRY, weights: [{region: FR, weight: 1}]",
       "no vantage is in region \"FR\"; there are AU, DE, GB, NL"},
      {"by: COUNTRY, weights: [{region: DE, weight: 0}]", "weight 0 of region DE is not above 0"},
      {"by: COUNTRY, weights: [{region: DE, weight: 1}, {region: DE, weight: 2}]",
       "region DE has a weight already; keep one"},
  };
  for (const auto& [keys, finding] : kFindings) {
    const ConfigFile file = quorum(keys);
    EXPECT_FALSE(file.config.has_value()) << keys;
    EXPECT_THAT(file.findings, HasSubstr(finding));
  }
}

TEST_F(ConfigReaderTest, FindsTwoServicesThatWantTheSame) {
  const std::string second =
      absl::StrReplaceAll(kGood.substr(kGood.find("  - name: web")), {{"name: web", "name: api"}});
  EXPECT_THAT(Lines(Read(absl::StrCat(kGood, second))),
              ElementsAre("22:15: service \"web\" has hostname app.example.net already",
                          "25:13: service \"web\" has port 443 of exit \"nyc\" already; give this "
                          "one another: tunnel: {tcp_ports: [8443]}"));
}

TEST_F(ConfigReaderTest, ReadsWhereDatagramsComeIn) {
  const std::string tunnel = "tunnel: {token_file: web.token}";
  const auto with = [&](const std::string& ports) {
    return Read(absl::StrReplaceAll(
        kGood, {{tunnel, absl::StrCat("tunnel: {token_file: web.token, ", ports, "}")}}));
  };
  const ConfigFile file = with("udp_ports: [443, 51820]");
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_THAT(file.config->services[0].udp_ports, ElementsAre(443, 51820));
  EXPECT_THAT(file.config->services[0].tcp_ports, ElementsAre(443)) << "they come besides";
  EXPECT_THAT(with("udp_ports: [443, 443]").findings, HasSubstr("port 443 is there twice"));
  EXPECT_THAT(with("udp_ports: [0]").findings, HasSubstr("port 0 is not between"));
}

TEST_F(ConfigReaderTest, FindsDatagramsThatCannotHaveTheirNameOrPort) {
  const std::string good = absl::StrReplaceAll(
      kGood,
      {{"tunnel: {token_file: web.token}", "tunnel: {token_file: web.token, udp_ports: [443]}"}});
  const std::string second =
      absl::StrReplaceAll(good.substr(good.find("  - name: web")),
                          {{"name: web", "name: web-udp"},
                           {"app.example.net", "api.example.net"},
                           {"udp_ports: [443]", "tcp_ports: [8443], udp_ports: [443]"}});
  const std::string findings = Read(absl::StrCat(good, second)).findings;
  EXPECT_THAT(findings, HasSubstr("in the tunnel its datagrams are service \"web-udp\""));
  const std::string long_name(62, 'w');
  EXPECT_THAT(
      Read(absl::StrReplaceAll(good, {{"name: web\n", absl::StrCat("name: ", long_name, "\n")}}))
          .findings,
      HasSubstr("which is too long; give it a shorter name"));
  EXPECT_THAT(findings, HasSubstr("service \"web\" has port 443 of exit \"nyc\" already; give this "
                                  "one another: tunnel: {udp_ports: [8443]}"));
}

TEST_F(ConfigReaderTest, ReadsAnEmptyFileToTheEnd) {
  const ConfigFile file = Read("");
  EXPECT_FALSE(file.config.has_value());
  EXPECT_THAT(file.findings, HasSubstr("identity.ca is missing"));
  EXPECT_THAT(file.findings, HasSubstr("warning: no services"));
}

TEST_F(ConfigReaderTest, AFileThatIsNotThereIsNoFinding) {
  EXPECT_TRUE(absl::IsNotFound(ReadConfigFile(Path("none.yaml")).status()));
}

// ------------------------------------------------------------------------------------- safety

TEST_F(ConfigReaderTest, ReadsWhatAMoveMustRespect) {
  std::string text = absl::StrCat(kGood, R"(    priority: 5
    safety: {moves_per_day: 2, unblocked: true, min_validity: 48h, parity: true}
    maintenance:
      - {weekly: "sat 23:00-01:30", reason: backups, break_on_global: true}
maintenance:
  - {begin: "2026-11-21T01:00:00Z", end: "2026-11-21T03:00:00+01:00", reason: new switch}
)");
  text = absl::StrReplaceAll(
      text, {{"edge: {", "edge: {provider: Cloudflare, asns: [13335], login: true, "}});
  const ConfigFile file = Read(text);
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  const Service& web = file.config->services[0];
  EXPECT_EQ(web.priority, 5);
  EXPECT_EQ(web.safety.moves_per_day, 2);
  EXPECT_TRUE(web.safety.unblocked);
  EXPECT_TRUE(web.safety.edge_login && web.safety.parity);
  EXPECT_EQ(web.safety.min_validity, absl::Hours(48));
  EXPECT_EQ(web.safety.edge_provider, "cloudflare");
  EXPECT_EQ(web.safety.edge_asns.count(13335), 1u);
  ASSERT_EQ(web.safety.maintenance.size(), 2u);
  const MaintenanceWindow& weekly = web.safety.maintenance[0];
  EXPECT_TRUE(weekly.break_on_global);
  EXPECT_EQ(weekly.reason, "backups");
  // 2026-11-22 is a Sunday.
  const absl::Time sunday = absl::FromCivil(absl::CivilDay(2026, 11, 22), absl::UTCTimeZone());
  EXPECT_TRUE(weekly.OpenUntil(sunday - absl::Hours(1)));
  EXPECT_EQ(weekly.OpenUntil(sunday + absl::Minutes(89)), sunday + absl::Minutes(90));
  EXPECT_FALSE(weekly.OpenUntil(sunday + absl::Minutes(90)));
  EXPECT_FALSE(weekly.OpenUntil(sunday + absl::Hours(23)));
  EXPECT_EQ(web.safety.maintenance[1].end - web.safety.maintenance[1].begin, absl::Hours(1));
}

// A default stands nowhere, and of two lists of windows nobody can say which is meant.
TEST_F(ConfigReaderTest, RemembersWhereTheKeysOfRulesAreGiven) {
  const ConfigFile file = Read(absl::StrCat(kGood, R"(    quorum:
      hold: 12s
    safety: {moves_per_day: 2}
    maintenance: [{weekly: "sat 23:00-01:30"}]
)"));
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_THAT(file.config->services[0].places,
              UnorderedElementsAre(
                  Pair("quorum", "controller.yaml:22"), Pair("quorum.hold", "controller.yaml:22"),
                  Pair("safety.moves_per_day", "controller.yaml:23"),
                  Pair("maintenance", "controller.yaml:24"),
                  Pair("edge.records", "controller.yaml:17"), Pair("exits", "controller.yaml:18"),
                  Pair("tunnel", "controller.yaml:19"), Pair("levers", "controller.yaml:20")));
  const std::string windows = "maintenance: [{weekly: \"sat 23:00-01:30\"}]\n";
  const ConfigFile common = Read(absl::StrCat(kGood, windows));
  ASSERT_TRUE(common.config.has_value()) << common.findings;
  EXPECT_EQ(common.config->services[0].places.at("maintenance"), "controller.yaml:21");
  const ConfigFile both = Read(absl::StrCat(kGood, "    ", windows, windows));
  ASSERT_TRUE(both.config.has_value()) << both.findings;
  EXPECT_EQ(both.config->services[0].places.count("maintenance"), 0u);
}

TEST_F(ConfigReaderTest, RefusesSafetyThatMakesNoSense) {
  const std::pair<const char*, const char*> kCases[] = {
      {"safety: {moves_per_day: 0}", "pause the service instead"},
      {"safety: {moves_per_day: 100000}", "that is no limit"},
      {"safety: {min_validity: 9000h}", "not between 0s and 90 days"},
      {"maintenance: [{reason: x}]", "either begin and end, or weekly"},
      {"maintenance: [{weekly: Sun 02:00-04:00, begin: \"2026-11-21T01:00:00Z\"}]",
       "either begin and end, or weekly"},
      {"maintenance: [{weekly: Sunday 02:00-04:00}]", "is no weekly window"},
      {"maintenance: [{weekly: Sun 2:00-4:00}]", "is no weekly window"},
      {"maintenance: [{weekly: Sun 02:00-25:00}]", "is no weekly window"},
      {"maintenance: [{weekly: Sun 02:60-04:00}]", "is no weekly window"},
      {"maintenance: [{weekly: Sun 02:00-02:00}]", "ends when it begins"},
      {"maintenance: [{begin: \"2026-11-21\", end: \"2026-11-22T00:00:00Z\"}]",
       "begin \"2026-11-21\" is no time"},
      {"maintenance: [{begin: \"2026-11-21T01:00:00Z\"}]", "end \"\" is no time"},
      {"maintenance: [{begin: \"2026-11-21T02:00:00Z\", end: \"2026-11-21T01:00:00Z\"}]",
       "before it begins"},
      {"priority: 4000000000", "priority 4000000000 is above"},
  };
  for (const auto& [line, finding] : kCases) {
    const ConfigFile file = Read(absl::StrCat(kGood, "    ", line, "\n"));
    EXPECT_EQ(file.errors, 1) << line << "\n" << file.findings;
    EXPECT_THAT(file.findings, HasSubstr(finding)) << line;
    EXPECT_THAT(file.findings, HasSubstr("controller.yaml:21:")) << line;
  }
}

TEST_F(ConfigReaderTest, WarnsOfWhatWillNeverMoveByItself) {
  const std::pair<std::pair<const char*, const char*>, const char*> kCases[] = {
      {{"edge: {", "edge: {login: true, "}, "it never moves"},
      {{"asn: 20473, country: US", "provider: cloudflare, country: US"}, "shares fate"},
      {{"edge: {provider: Cloudflare, ", "edge: {provider: Cloudflare, asns: [20473], "},
       "exit \"nyc\" shares fate with the edge of web"},
      {{"- name: own", "- name: own\n    provider: CloudFlare"}, "UNARMED"},
  };
  for (const auto& [change, finding] : kCases) {
    const std::string with_provider =
        absl::StrReplaceAll(kGood, {{"edge: {", "edge: {provider: Cloudflare, "}});
    const std::string text = absl::StrReplaceAll(with_provider, {{change.first, change.second}});
    ASSERT_NE(text, with_provider) << finding;
    const ConfigFile file = Read(text);
    EXPECT_EQ(file.errors, 0) << file.findings;
    EXPECT_THAT(file.findings, HasSubstr(finding)) << text;
  }
}

// ------------------------------------------------------------------------------------- echo

constexpr char kEchoKey[] = "0123456789abcdef0123456789abcdef";

TEST_F(ConfigReaderTest, ReadsTheOriginEcho) {
  Write("echo.key", absl::StrCat(kEchoKey, "\n"));
  EXPECT_EQ(Read(kGood).config->services[0].echo.key, "");
  const ConfigFile file = Read(absl::StrCat(kGood, "    echo: {key_file: echo.key}\n"));
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_EQ(file.config->services[0].echo.key, kEchoKey);
  EXPECT_EQ(file.config->services[0].echo.path, "/.well-known/lifeboat/echo");
  const ConfigFile own = Read(absl::StrCat(kGood, "    echo: {key_file: echo.key, path: /e}\n"));
  EXPECT_EQ(own.config->services[0].echo.path, "/e");
}

TEST_F(ConfigReaderTest, SaysWhatIsWrongWithAnEcho) {
  Write("echo.key", kEchoKey);
  Write("short.key", "0123456789abcdef");
  const std::pair<std::string, std::string> kCases[] = {
      {"    echo: {path: /e}\n", "echo wants key_file"},
      {"    echo: {key_file: none.key}\n", "none.key"},
      {"    echo: {key_file: short.key}\n", "has 16 bytes and wants 32 or more"},
      {"    echo: {key_file: echo.key, path: e}\n", "\"e\" is no path"},
      {"    echo: {key_file: echo.key, path: \"/e?a=b\"}\n", "is no path without a query"},
      {"    health: {scheme: tcp}\n    echo: {key_file: echo.key}\n", "asked for over HTTP"},
  };
  for (const auto& [lines, words] : kCases) {
    const ConfigFile file = Read(absl::StrCat(kGood, lines));
    EXPECT_FALSE(file.config.has_value()) << lines;
    EXPECT_THAT(file.findings, HasSubstr(words));
  }
}

TEST_F(ConfigReaderTest, WantsAnEchoKeyOfEachServicesOwn) {
  Write("echo.key", kEchoKey);
  const ConfigFile file = Read(absl::StrCat(kGood, R"(    echo: {key_file: echo.key}
  - name: api
    hostname: api.example.net
    edge: {records: [{type: CNAME, value: "api.example.net.cdn.cloudflare.net."}]}
    exits: [nyc]
    tunnel: {token_file: web.token, tcp_ports: [8443]}
    levers: [own]
    echo: {key_file: echo.key}
)"));
  EXPECT_FALSE(file.config.has_value());
  EXPECT_THAT(file.findings, HasSubstr("service \"web\" has the same key"));
}

}  // namespace
}  // namespace lifeboat::config
