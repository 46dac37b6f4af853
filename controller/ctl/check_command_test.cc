#include <sstream>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/testing/test_pki.h"
#include "controller/ctl/program.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CheckCommandTest : public testing::Test {
 protected:
  // What is said of `vantages`, each in a network and country of its own, under `quorum`.
  std::string Overview(int vantages, const std::string& quorum) const {
    std::string fleet;
    for (int i = 0; i < vantages; ++i) {
      absl::StrAppend(&fleet, "  - {name: v", i, ", asn: ", 64500 + i, ", country: A",
                      std::string(1, static_cast<char>('A' + i)), "}\n");
    }
    const std::string path = pki_.Write(
        "controller.yaml",
        absl::StrCat(
            "identity: {ca: ", home_.ca, ", certificate: ", home_.certificate, ", key: ", home_.key,
            "}\nresolvers: [9.9.9.9, 193.110.81.0]\n",
            "panel: [\"https://example.org/\", \"https://example.com/\"]\nvantages:\n", fleet,
            "exits:\n  - {name: nyc, addresses: [203.0.113.10], asn: 20473}\n",
            "levers:\n  - name: own\n    rfc2136: {server: 192.0.2.53, zone: example.net, ",
            "key: {name: lifeboat, secret_file: tsig.key}}\nservices:\n  - name: web\n",
            "    hostname: app.example.net\n",
            "    edge: {records: [{type: A, value: 192.0.2.1}]}\n    exits: [nyc]\n",
            "    tunnel: {token_file: web.token}\n    levers: [own]\n", "    quorum: ", quorum,
            "\n"));
    std::ostringstream out, err;
    const SystemClock clock;
    EXPECT_EQ(RunProgram({"check", path}, {.out = out, .err = err, .clock = clock}), kDone)
        << err.str();
    return out.str();
  }

  TestPki pki_;
  const TlsFiles home_ = pki_.Issue(Role::kController, "home");
  const std::string token_ = pki_.Write("web.token", "a token of 24 characters\n");
  const std::string secret_ = pki_.Write("tsig.key", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\n");
};

// With equal weights that is one less than share × min_voters, rounded up.
TEST_F(CheckCommandTest, SaysHowManyLyingVantagesAServiceWithstands) {
  const struct {
    int vantages;
    const char* quorum;
    const char* want;
  } kCases[] = {
      {3, "{min_asns: 1, min_voters: 3}", "withstands 1 lying vantage\n"},
      {4, "{min_asns: 1, min_voters: 4}", "withstands 1 lying vantage\n"},
      {5, "{min_asns: 1, min_voters: 5}", "withstands 2 lying vantages\n"},
      {7, "{min_asns: 1, min_voters: 3}", "withstands 1 lying vantage\n"},  // more do not help
      {5, "{min_asns: 1, min_voters: 5, share: 0.8}", "withstands 3 lying vantages\n"},
      {3, "{min_asns: 2, min_voters: 2}", "withstands 1 lying vantage\n"},  // of two networks
      {13, "{min_voters: 5, min_countries: 2}",
       "withstands at least 3 lying vantages\n"},  // 7 vote
  };
  for (const auto& [vantages, quorum, want] : kCases) {
    const std::string said = Overview(vantages, quorum);
    EXPECT_THAT(said, AllOf(HasSubstr("  web (app.example.net): DOWN is "),
                            HasSubstr(absl::StrCat("; ", want))))
        << quorum;
    EXPECT_THAT(said, Not(HasSubstr("warning: a single one"))) << quorum;
  }
}

TEST_F(CheckCommandTest, WarnsWhereASingleLiarMovesAService) {
  EXPECT_THAT(
      Overview(3, "{min_asns: 1, min_voters: 2}"),
      HasSubstr("withstands 0 lying vantages: warning: a single one that lies, or sees ghosts, can "
                "move it; raise min_voters, or spread min_asns\n"));
}

}  // namespace
}  // namespace lifeboat::ctl
