#include "base/tls.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "base/file.h"
#include "base/testing/test_pki.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);  // 2027-01-15
const PeerPolicy kControllers{.trust_domain = "test", .roles = {Role::kController}};

std::string ErrorOf(const TlsFiles& files) {
  const auto loaded = LoadIdentity(files, kNow);
  return loaded.ok() ? "OK" : std::string(loaded.status().message());
}

TEST(LoadIdentityTest, SaysWhoWeAreAndUntilWhen) {
  TestPki pki;
  const auto loaded = LoadIdentity(pki.Issue(Role::kAgent, "fra"), kNow);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->identity.Uri(), "spiffe://test/agent/fra");
  EXPECT_EQ(loaded->not_after, absl::FromUnixSeconds(4'000'000'000));
}

TEST(LoadIdentityTest, AMissingFileIsNamedWithItsKey) {
  TestPki pki;
  TlsFiles files = pki.Issue(Role::kAgent, "fra");
  files.key = pki.Path("nowhere.key");
  EXPECT_THAT(ErrorOf(files), AllOf(HasSubstr("identity.key"), HasSubstr(files.key),
                                    HasSubstr("No such file or directory")));
}

TEST(LoadIdentityTest, TextThatIsNotPemIsNamed) {
  TestPki pki;
  TlsFiles files = pki.Issue(Role::kAgent, "fra");
  files.certificate = pki.Write("note.txt", "not a certificate");
  EXPECT_THAT(ErrorOf(files), AllOf(HasSubstr("note.txt"), HasSubstr("BEGIN CERTIFICATE")));
  files = pki.Issue(Role::kAgent, "fra");
  files.key = files.ca;
  EXPECT_THAT(ErrorOf(files), AllOf(HasSubstr("ca.pem"), HasSubstr("no private key")));
}

TEST(LoadIdentityTest, TheKeyOfAnotherCertificateIsNamed) {
  TestPki pki;
  TlsFiles files = pki.Issue(Role::kAgent, "fra");
  files.key = pki.Issue(Role::kAgent, "lon").key;
  EXPECT_THAT(ErrorOf(files), HasSubstr("is not the key of"));
}

TEST(LoadIdentityTest, AnExpiredOrFutureCertificateSaysWhen) {
  TestPki pki;
  const std::vector<std::string> uris = {"spiffe://test/agent/fra"};
  EXPECT_THAT(ErrorOf(pki.Issue("old", {.uris = uris, .not_after = kNow - absl::Hours(1)})),
              AllOf(HasSubstr("expired at 2027-01-15 07:00:00 UTC"),
                    HasSubstr("lifeboatctl pki issue agent fra")));
  EXPECT_THAT(ErrorOf(pki.Issue("new", {.uris = uris, .not_before = kNow + absl::Hours(1)})),
              AllOf(HasSubstr("valid only from 2027-01-15 09:00:00 UTC"), HasSubstr("clock")));
}

TEST(LoadIdentityTest, NoIdentityAndTwoIdentitiesAreRefused) {
  TestPki pki;
  EXPECT_THAT(ErrorOf(pki.Issue("none", {.uris = {}})), HasSubstr("carries 0 URI names"));
  EXPECT_THAT(ErrorOf(pki.Issue("two", {.uris = {"spiffe://test/agent/a", "https://b/"}})),
              HasSubstr("carries 2 URI names"));
}

TEST(LoadIdentityTest, ACertificateOfAnotherAuthorityIsRefused) {
  TestPki ours, theirs;
  TlsFiles files = theirs.Issue(Role::kAgent, "fra");
  files.ca = ours.Path("ca.pem");
  EXPECT_THAT(ErrorOf(files), AllOf(HasSubstr("did not issue"), HasSubstr(files.ca)));
}

TEST(CheckPeerTest, NamesWhoItWasAndWhatWasLacking) {
  const Identity agent{.trust_domain = "test", .role = Role::kAgent, .name = "fra"};
  const auto refused = CheckPeer(agent, kControllers);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(refused.status().message(),
            "agent fra (spiffe://test/agent/fra) lacks the role controller");
  const auto stranger = CheckPeer(agent, {.trust_domain = "other", .roles = {Role::kAgent}});
  EXPECT_EQ(stranger.status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(stranger.status().message(), HasSubstr("trust domain test, not other"));
  EXPECT_TRUE(CheckPeer(agent, {.trust_domain = "test", .roles = {Role::kAgent}}).ok());
}

// Both ends of one handshake over a socket pair.
struct Handshake {
  absl::StatusOr<Identity> server_sees = absl::UnknownError("no handshake");
  bool client_ok = false;
  std::string refusal;
};

Handshake Shake(const TlsFiles& server_files, const TlsFiles& client_files,
                const PeerPolicy& servers, const PeerPolicy& clients) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever refuses hangs up while the other one writes
  Handshake result;
  const auto server = NewServerContext(*LoadIdentity(server_files, kNow));
  const auto client = NewClientContext(*LoadIdentity(client_files, kNow), servers, &result.refusal);
  EXPECT_TRUE(server.ok() && client.ok());
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  std::thread accepting([&] {
    SSL* connection = SSL_new(server->get());
    SSL_set_fd(connection, ends[0]);
    if (SSL_accept(connection) == 1) {
      result.server_sees = VerifyPeerIdentity(connection, clients);
    }
    SSL_free(connection);
    close(ends[0]);
  });
  SSL* connection = SSL_new(client->get());
  SSL_set_fd(connection, ends[1]);
  result.client_ok = SSL_connect(connection) == 1;
  SSL_free(connection);
  close(ends[1]);
  accepting.join();
  return result;
}

TEST(SslContextTest, TheRightPeersMeet) {
  TestPki pki;
  const Handshake met = Shake(pki.Issue(Role::kController, "ctl"), pki.Issue(Role::kAgent, "fra"),
                              kControllers, {.trust_domain = "test", .roles = {Role::kAgent}});
  EXPECT_TRUE(met.client_ok) << met.refusal;
  ASSERT_TRUE(met.server_sees.ok()) << met.server_sees.status();
  EXPECT_EQ(met.server_sees->name, "fra");
}

TEST(SslContextTest, AClientRefusesAServerOfTheWrongRoleAndSaysWhy) {
  TestPki pki;
  const Handshake met = Shake(pki.Issue(Role::kExitNode, "nyc"), pki.Issue(Role::kAgent, "fra"),
                              kControllers, {.trust_domain = "test", .roles = {Role::kAgent}});
  EXPECT_FALSE(met.client_ok);
  EXPECT_THAT(met.refusal, HasSubstr("exitnode nyc"));
  EXPECT_THAT(met.refusal, HasSubstr("lacks the role controller"));
}

TEST(SslContextTest, AClientRefusesAnotherAuthority) {
  TestPki ours, theirs;
  const Handshake met =
      Shake(theirs.Issue(Role::kController, "ctl"), ours.Issue(Role::kAgent, "fra"), kControllers,
            {.trust_domain = "test", .roles = {Role::kAgent}});
  EXPECT_FALSE(met.client_ok);
  EXPECT_FALSE(met.server_sees.ok());
  EXPECT_THAT(met.refusal, HasSubstr("certificate"));
}

TEST(SslContextTest, AServerTellsWhoCameInTheWrongRole) {
  TestPki pki;
  const Handshake met =
      Shake(pki.Issue(Role::kController, "ctl"), pki.Issue(Role::kConnector, "home"), kControllers,
            {.trust_domain = "test", .roles = {Role::kAgent}});
  EXPECT_EQ(met.server_sees.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(met.server_sees.status().message(), HasSubstr("connector home"));
}

TEST(ReadFileTest, RefusesWhatIsTooLargeAndWhatIsADirectory) {
  TestPki pki;
  const std::string path = pki.Write("long", "0123456789");
  EXPECT_EQ(*ReadFile(path, 10), "0123456789");
  EXPECT_EQ(ReadFile(path, 9).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(ReadFile("/tmp", 9).status().message(), HasSubstr("is a directory"));
}

}  // namespace
}  // namespace lifeboat
