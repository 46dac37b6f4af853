#include "controller/ctl/pki.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/tls.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::ctl {
namespace {

using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class PkiTest : public testing::Test {
 protected:
  PkiTest() {
    std::string pattern = absl::StrCat(testing::TempDir(), "/ctl_pki.XXXXXX");
    directory_ = absl::StrCat(mkdtemp(pattern.data()), "/made");
  }
  void Init() { ASSERT_TRUE(InitAuthority(directory_, "home.test", kNow, false).ok()); }
  std::string Path(absl::string_view file) const { return absl::StrCat(directory_, "/", file); }
  TlsFiles FilesOf(const Issued& issued) const {
    return {.ca = Path("ca.pem"), .certificate = issued.certificate, .key = issued.key};
  }
  std::string directory_;
};

TEST_F(PkiTest, IssuesForEveryRoleWhatBaseTlsAccepts) {
  Init();
  for (const Role role :
       {Role::kController, Role::kAgent, Role::kExitNode, Role::kConnector, Role::kPerson}) {
    const auto issued = IssueCertificate(directory_, role, "x-1", 30, kNow, false);
    ASSERT_TRUE(issued.ok()) << issued.status();
    const auto loaded = LoadIdentity(FilesOf(*issued), kNow);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->identity, (Identity{"home.test", role, "x-1"}));
    EXPECT_EQ(loaded->not_after, kNow + absl::Hours(24 * 30));
  }
}

TEST_F(PkiTest, KeysAreReadableByTheirOwnerAlone) {
  Init();
  const auto issued = IssueCertificate(directory_, Role::kAgent, "fra", 1, kNow, false);
  ASSERT_TRUE(issued.ok()) << issued.status();
  for (const std::string& key : {issued->key, Path("ca.key")}) {
    struct stat facts {};
    ASSERT_EQ(stat(key.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << key;
  }
}

TEST_F(PkiTest, OverwritesOnlyWhenForced) {
  Init();
  EXPECT_TRUE(absl::IsAlreadyExists(InitAuthority(directory_, "t", kNow, false).status()));
  ASSERT_TRUE(IssueCertificate(directory_, Role::kAgent, "fra", 1, kNow, false).ok());
  const auto before = ReadFile(Path("agent-fra.key"), 10000);
  const auto again = IssueCertificate(directory_, Role::kAgent, "fra", 1, kNow, false);
  EXPECT_TRUE(absl::IsAlreadyExists(again.status()));
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("--force"));
  EXPECT_EQ(*before, *ReadFile(Path("agent-fra.key"), 10000));
  EXPECT_TRUE(IssueCertificate(directory_, Role::kAgent, "fra", 1, kNow, true).ok());
  EXPECT_NE(*before, *ReadFile(Path("agent-fra.key"), 10000));
}

TEST_F(PkiTest, NoCertificateOutlivesItsAuthority) {
  Init();
  const absl::Time late = kNow + absl::Hours(24) * (kLongestDays - 1);
  const auto issued = IssueCertificate(directory_, Role::kAgent, "fra", 30, late, false);
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(issued->not_after, kNow + absl::Hours(24) * kLongestDays);
  const auto too_late =
      IssueCertificate(directory_, Role::kAgent, "lon", 30, late + absl::Hours(48), false);
  EXPECT_THAT(std::string(too_late.status().message()), HasSubstr("make a new authority"));
}

TEST_F(PkiTest, IssuesForTheLongestName) {
  Init();
  const auto issued =
      IssueCertificate(directory_, Role::kController, std::string(63, 'n'), 1, kNow, false);
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_TRUE(LoadIdentity(FilesOf(*issued), kNow).ok());
}

TEST_F(PkiTest, SaysWhatIsWrongAndWhatToDo) {
  const auto none = IssueCertificate(directory_, Role::kAgent, "fra", 30, kNow, false);
  EXPECT_TRUE(absl::IsNotFound(none.status()));
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("lifeboatctl pki init"));
  EXPECT_TRUE(absl::IsInvalidArgument(InitAuthority(directory_, "A B", kNow, false).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(InitAuthority(directory_, "a/b", kNow, false).status()));
  Init();
  for (const absl::string_view name : {"", "FRA", "../x", "a,URI:spiffe://t/person/root"}) {
    const auto issued = IssueCertificate(directory_, Role::kAgent, name, 30, kNow, false);
    EXPECT_TRUE(absl::IsInvalidArgument(issued.status())) << name;
  }
  for (const int days : {-1, 0, kLongestDays + 1}) {
    const auto issued = IssueCertificate(directory_, Role::kAgent, "fra", days, kNow, false);
    EXPECT_TRUE(absl::IsInvalidArgument(issued.status())) << days;
  }
  std::ofstream(Path("ca.key")) << "garbage";
  const auto broken = IssueCertificate(directory_, Role::kAgent, "fra", 30, kNow, false);
  EXPECT_TRUE(absl::IsInvalidArgument(broken.status())) << broken.status();
}

}  // namespace
}  // namespace lifeboat::ctl
