#include "agent/probe/http_probe.h"

#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/probe/classify.h"
#include "agent/probe/event_loop.h"
#include "agent/probe/tcp_probe.h"
#include "agent/probe/testing/fake_web_server.h"
#include "base/clock.h"
#include "base/echo.h"
#include "base/testing/test_pki.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

using After = FakeWebServer::After;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

class ProbeTest : public testing::Test {
 protected:
  ProbeSpec Spec(absl::string_view scheme = "http") {
    return {.interval = absl::Seconds(10),
            .timeout = absl::Seconds(5),
            .http = HttpSpec{.url = absl::StrCat(scheme, "://app.test/health"),
                             .expect_status = {{200, 299}},
                             .ca_file = pki_.Path("ca.pem")}};
  }
  // Probes `to` and judges it as the prober would.
  Judgement Probe(const ProbeSpec& spec, const Endpoint& to,
                  std::optional<IpAddress> source = std::nullopt) {
    bool done = false;
    const auto on_done = [&](const WireResult& result) {
      result_ = result;
      done = true;
      loop_.Stop();
    };
    const WireRequest request{to, source, spec.timeout, nonce_};
    if (spec.http) {
      EXPECT_TRUE(http_.Start(*spec.http, request, on_done).ok());
    } else {
      tcp_.Start(request, on_done);
    }
    EXPECT_FALSE(done) << "never from within";
    loop_.At(loop_.Now() + absl::Seconds(20), [&] { loop_.Stop(); });
    loop_.Run();
    EXPECT_TRUE(done);
    return Classify(spec, result_.end);
  }
  std::string ClassOf(const ProbeSpec& spec, const Endpoint& to) {
    const Judgement judgement = Probe(spec, to);
    EXPECT_EQ(judgement.detail.empty(), judgement.probe_class == ProbeClass::kOk);
    detail_ = judgement.detail;
    return std::string(ClassName(judgement.probe_class));
  }
  TlsFiles Certificate(TestPki& pki, std::string host,
                       absl::Time not_after = absl::FromUnixSeconds(4'000'000'000)) {
    return pki.Issue("web", {.not_after = not_after, .hosts = {std::move(host)}});
  }

  TestPki pki_;
  SystemClock clock_;
  EventLoop loop_{clock_};
  CurlMulti multi_{loop_};
  HttpProbes http_{multi_, clock_};
  TcpProbes tcp_{loop_};
  WireResult result_;
  std::optional<EchoBytes> nonce_;
  std::string detail_;
};

TEST_F(ProbeTest, AGoodAnswerIsOkAndItsPhasesAreKnown) {
  std::string head;
  const FakeWebServer server([&](FakeWebConnection& connection) {
    head = connection.ReadHead();
    connection.Write(kOk);
    return After::kClose;
  });
  ProbeSpec spec = Spec();
  spec.http->expect_body = "ell";
  EXPECT_EQ(ClassOf(spec, server.endpoint()), "OK");
  EXPECT_TRUE(absl::StartsWith(head, "GET /health HTTP/1.1\r\n")) << head;
  EXPECT_TRUE(absl::StrContains(head, "Host: app.test\r\n")) << head;
  EXPECT_GT(result_.connect, absl::ZeroDuration());
  EXPECT_GT(result_.first_byte, absl::ZeroDuration());
  EXPECT_EQ(result_.tls, absl::ZeroDuration());
  EXPECT_EQ(result_.end.status, 200);
}

TEST_F(ProbeTest, EachProbeMakesAFreshConnection) {
  const FakeWebServer server([](FakeWebConnection& connection) {
    connection.ReadHead();
    connection.Write(kOk);
    return After::kKeepOpen;
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ClassOf(Spec(), server.endpoint()), "OK");
  EXPECT_EQ(server.accepted(), 3);
}

TEST_F(ProbeTest, TheMarkerTellsWhoMadeABadStatus) {
  const FakeWebServer edge(FakeWebServer::Answer(
      "HTTP/1.1 502 Bad Gateway\r\nServer: edge\r\nContent-Length: 0\r\n\r\n"));
  const FakeWebServer origin(FakeWebServer::Answer(
      "HTTP/1.1 502 Bad Gateway\r\nX-ORIGIN: yes\r\nContent-Length: 0\r\n\r\n"));
  ProbeSpec spec = Spec();
  spec.http->origin_marker_header = "x-origin";
  EXPECT_EQ(ClassOf(spec, edge.endpoint()), "HTTP_EDGE");
  EXPECT_EQ(ClassOf(spec, origin.endpoint()), "HTTP_ORIGIN");
  spec.http->origin_marker_header.clear();
  EXPECT_EQ(ClassOf(spec, origin.endpoint()), "HTTP_EDGE");
}

TEST_F(ProbeTest, RedirectsAreNotFollowedAndALoginIsARefusal) {
  const FakeWebServer server(FakeWebServer::Answer(
      "HTTP/1.1 302 Found\r\nLocation: https://sso.test/login\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(ClassOf(Spec(), server.endpoint()), "REFUSED");
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(ProbeTest, TheBodyCountsOnlyToItsLimitAndABigOneEndsThere) {
  const FakeWebServer server([](FakeWebConnection& connection) {
    connection.ReadHead();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nearly");
    connection.Write(std::string(1 << 20, 'x') + "late");
    return After::kKeepOpen;
  });
  ProbeSpec spec = Spec();
  EXPECT_EQ(ClassOf(spec, server.endpoint()), "OK");
  spec.http->expect_body = "early";
  EXPECT_EQ(ClassOf(spec, server.endpoint()), "OK");
  spec.http->expect_body = "late";
  EXPECT_EQ(ClassOf(spec, server.endpoint()), "BAD_BODY");
}

TEST_F(ProbeTest, HangingBeforeAndAfterTheConnectionAreTwoTimeouts) {
  ProbeSpec spec = Spec();
  spec.timeout = absl::Milliseconds(300);
  const FakeWebServer silent([](FakeWebConnection&) { return After::kKeepOpen; });
  EXPECT_EQ(ClassOf(spec, silent.endpoint()), "TIMEOUT_READ");
  spec.http->url = "https://app.test/";
  EXPECT_EQ(ClassOf(spec, silent.endpoint()), "TIMEOUT_READ");
  EXPECT_TRUE(absl::StrContains(detail_, "no TLS handshake")) << detail_;
  const FakeWebServer half([](FakeWebConnection& connection) {
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    return After::kKeepOpen;
  });
  spec.http->url = "http://app.test/";
  EXPECT_EQ(ClassOf(spec, half.endpoint()), "TIMEOUT_READ");
  EXPECT_TRUE(absl::StrContains(detail_, "status 200")) << detail_;
}

// A listener that never accepts, its queue full: the kernel drops what comes.
class FullListener {
 public:
  FullListener() : server_(nullptr, nullptr, 0) {
    for (int i = 0; i < 3; ++i) {
      sockets_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      sockaddr_storage address;
      const socklen_t length = server_.endpoint().ToSockaddr(address);
      connect(sockets_.back().get(), reinterpret_cast<sockaddr*>(&address), length);
    }
  }
  const Endpoint& endpoint() const { return server_.endpoint(); }

 private:
  FakeWebServer server_;
  std::vector<Descriptor> sockets_;
};

TEST_F(ProbeTest, NoConnectionInTimeIsATimeoutOfTheConnection) {
  const FullListener full;
  ProbeSpec spec = Spec();
  spec.timeout = absl::Milliseconds(300);
  EXPECT_EQ(ClassOf(spec, full.endpoint()), "TIMEOUT_CONNECT");
  spec.http->url = "https://app.test/";
  EXPECT_EQ(ClassOf(spec, full.endpoint()), "TIMEOUT_CONNECT");
  spec.http.reset();
  EXPECT_EQ(ClassOf(spec, full.endpoint()), "TIMEOUT_CONNECT");
}

TEST_F(ProbeTest, RefusedResetAndClosedConnectionsAreResets) {
  Endpoint nobody;
  {
    const FakeWebServer gone(nullptr);
    nobody = gone.endpoint();
  }
  const FakeWebServer resets([](FakeWebConnection& connection) {
    connection.Reset();
    return After::kClose;
  });
  const FakeWebServer closes([](FakeWebConnection& connection) {
    connection.ReadHead();
    return After::kClose;
  });
  const FakeWebServer cuts(
      FakeWebServer::Answer("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"));
  const FakeWebServer babbles(FakeWebServer::Answer("220 mail.test ESMTP\r\n"));
  for (const std::string scheme : {"http", "https"}) {
    EXPECT_EQ(ClassOf(Spec(scheme), nobody), "RESET");
    EXPECT_TRUE(absl::StrContains(detail_, "Connection refused")) << detail_;
    EXPECT_EQ(ClassOf(Spec(scheme), resets.endpoint()), "RESET") << scheme << ": " << detail_;
  }
  EXPECT_EQ(ClassOf(Spec(), closes.endpoint()), "RESET");
  EXPECT_EQ(ClassOf(Spec(), cuts.endpoint()), "RESET");
  EXPECT_EQ(ClassOf(Spec(), babbles.endpoint()), "RESET");
}

TEST(TransportOfTest, TellsABrokenHandshakeFromABadOne) {
  const std::pair<const char*, Transport> kCases[] = {
      {"OpenSSL/3.0.22: error:0A000410:SSL routines::sslv3 alert handshake failure",
       Transport::kTls},
      {"OpenSSL/3.0.22: error:0A00010B:SSL routines::wrong version number", Transport::kTls},
      {"OpenSSL/3.0.22: error:0A000126:SSL routines::unexpected eof while reading",
       Transport::kClosed},
      {"OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to app.test:443", Transport::kClosed},
      {"OpenSSL SSL_connect: Broken pipe in connection to app.test:443", Transport::kClosed},
      {"Send failure: Connection reset by peer", Transport::kClosed},
      {"Recv failure: Connection reset by peer", Transport::kClosed},
  };
  for (const auto& [words, want] : kCases) {
    EXPECT_EQ(TransportOf(CURLE_SSL_CONNECT_ERROR, 0, words), want) << words;
  }
  EXPECT_EQ(TransportOf(CURLE_COULDNT_CONNECT, EMFILE, ""), Transport::kLocal);
  EXPECT_EQ(TransportOf(CURLE_COULDNT_CONNECT, EADDRNOTAVAIL, ""), Transport::kLocal);
  EXPECT_EQ(TransportOf(CURLE_COULDNT_CONNECT, EHOSTUNREACH, ""), Transport::kUnreachable);
}

TEST_F(ProbeTest, TlsIsCheckedByTheUrlsHostAndTheCertificatesEndIsTold) {
  const TlsFiles files = Certificate(pki_, "app.test");
  std::string sni;
  const FakeWebServer server(
      [&](FakeWebConnection& connection) {
        sni = connection.sni();
        connection.ReadHead();
        connection.Write(kOk);
        return After::kClose;
      },
      &files);
  EXPECT_EQ(ClassOf(Spec("https"), server.endpoint()), "OK") << detail_;
  EXPECT_EQ(sni, "app.test");
  EXPECT_GT(result_.tls, absl::ZeroDuration());
  EXPECT_EQ(result_.certificate_not_after, 4'000'000'000);
}

TEST_F(ProbeTest, WrongExpiredAndUnknownCertificatesAreTlsAndStillTellTheirEnd) {
  const TlsFiles wrong_name = Certificate(pki_, "other.test");
  const FakeWebServer wrong(FakeWebServer::Answer(kOk), &wrong_name);
  EXPECT_EQ(ClassOf(Spec("https"), wrong.endpoint()), "TLS");
  EXPECT_EQ(result_.certificate_not_after, 4'000'000'000);

  TestPki old_pki;
  const TlsFiles old = Certificate(old_pki, "app.test", absl::FromUnixSeconds(1'000'000'000));
  const FakeWebServer expired(FakeWebServer::Answer(kOk), &old);
  ProbeSpec spec = Spec("https");
  spec.http->ca_file = old_pki.Path("ca.pem");
  EXPECT_EQ(ClassOf(spec, expired.endpoint()), "TLS");
  EXPECT_TRUE(absl::StrContains(detail_, "expired")) << detail_;
  EXPECT_EQ(result_.certificate_not_after, 1'000'000'000);

  spec.http->ca_file.clear();
  EXPECT_EQ(ClassOf(spec, wrong.endpoint()), "TLS") << "the system does not know our authority";
}

TEST_F(ProbeTest, ClearTextOnATlsPortIsTls) {
  const FakeWebServer server([](FakeWebConnection& connection) {
    connection.Write("HTTP/1.1 400 Bad Request\r\n\r\n");
    return After::kKeepOpen;
  });
  EXPECT_EQ(ClassOf(Spec("https"), server.endpoint()), "TLS");
}

TEST_F(ProbeTest, ProbesFromTheGivenSource) {
  std::vector<std::string> peers;
  const FakeWebServer server([&](FakeWebConnection& connection) {
    peers.push_back(connection.peer().address.ToString());
    connection.ReadHead();
    connection.Write(kOk);
    return After::kClose;
  });
  const auto source = *IpAddress::Parse("127.0.0.77");
  EXPECT_EQ(Probe(Spec(), server.endpoint(), source).probe_class, ProbeClass::kOk);
  ProbeSpec tcp = Spec();
  tcp.http.reset();
  EXPECT_EQ(Probe(tcp, server.endpoint(), source).probe_class, ProbeClass::kOk);
  EXPECT_EQ(Probe(Spec(), server.endpoint()).probe_class, ProbeClass::kOk);
  EXPECT_EQ(peers, (std::vector<std::string>{"127.0.0.77", "127.0.0.77", "127.0.0.1"}));
}

TEST_F(ProbeTest, ASourceAddressThatIsNotOursIsOurOwnFault) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  Probe(Spec(), server.endpoint(), *IpAddress::Parse("192.0.2.77"));
  EXPECT_EQ(result_.end.transport, Transport::kLocal) << result_.end.words;
  ProbeSpec tcp = Spec();
  tcp.http.reset();
  Probe(tcp, server.endpoint(), *IpAddress::Parse("192.0.2.77"));
  EXPECT_EQ(result_.end.transport, Transport::kLocal) << result_.end.words;
}

TEST_F(ProbeTest, RootsThatCannotBeReadAreOurOwnFault) {
  ProbeSpec spec = Spec("https");
  spec.http->ca_file = "/nowhere/ca.pem";
  const auto started =
      http_.Start(*spec.http, {{}, std::nullopt, absl::Seconds(1)}, [](const WireResult&) {});
  ASSERT_FALSE(started.ok());
  EXPECT_TRUE(absl::StrContains(started.status().message(), "/nowhere/ca.pem"));
}

TEST_F(ProbeTest, HeadAsksForNoBody) {
  std::string head;
  const FakeWebServer server([&](FakeWebConnection& connection) {
    head = connection.ReadHead();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    return After::kClose;
  });
  ProbeSpec spec = Spec();
  spec.http->head = true;
  EXPECT_EQ(ClassOf(spec, server.endpoint()), "OK");
  EXPECT_TRUE(absl::StartsWith(head, "HEAD ")) << head;
  EXPECT_EQ(ClassOf(Spec(), server.endpoint()), "RESET") << "a GET after it asks for one again";
}

TEST_F(ProbeTest, ACancelledProbeSaysNothing) {
  const FakeWebServer server([](FakeWebConnection&) { return After::kKeepOpen; });
  const ProbeSpec spec = Spec();
  const auto never = [](const WireResult&) { ADD_FAILURE(); };
  const WireRequest request{server.endpoint(), std::nullopt, absl::Milliseconds(50)};
  const auto id = http_.Start(*spec.http, request, never);
  ASSERT_TRUE(id.ok());
  const auto tcp_id = tcp_.Start(request, never);
  http_.Cancel(*id);
  http_.Cancel(*id);
  tcp_.Cancel(tcp_id);
  loop_.At(loop_.Now() + absl::Milliseconds(100), [&] { loop_.Stop(); });
  loop_.Run();
}

TEST_F(ProbeTest, ATcpProbeIsOkOnceConnectedAndResetWhenRefused) {
  Endpoint nobody;
  ProbeSpec tcp = Spec();
  tcp.http.reset();
  {
    const FakeWebServer server([](FakeWebConnection&) { return After::kKeepOpen; });
    nobody = server.endpoint();
    EXPECT_EQ(ClassOf(tcp, server.endpoint()), "OK");
    EXPECT_GT(result_.connect, absl::ZeroDuration());
  }
  EXPECT_EQ(ClassOf(tcp, nobody), "RESET");
  EXPECT_TRUE(absl::StrContains(detail_, "Connection refused")) << detail_;
}

// Answers as many requests on one connection as come: the echo's with `echo`, others with `health`.
FakeWebServer::Serve AnswerEcho(std::string health, std::string echo,
                                std::vector<std::string>& heads, bool one_a_connection = false) {
  return [=, &heads](FakeWebConnection& connection) {
    while (true) {
      const std::string head = connection.ReadHead();
      if (head.empty()) return After::kClose;
      heads.push_back(head.substr(0, head.find('\r')));
      connection.Write(absl::StrContains(head, "?nonce=") ? echo : health);
      if (one_a_connection) return After::kClose;
    }
  };
}

class EchoProbeTest : public ProbeTest {
 protected:
  ProbeSpec EchoSpec(absl::string_view scheme = "http") {
    ProbeSpec spec = Spec(scheme);
    spec.http->echo_path = "/echo";
    nonce_ = EchoNonce({}, 1);
    return spec;
  }
  std::string EchoAnswer(const EchoBytes& mac) {
    return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", ToHex(mac), "\n");
  }
  const EchoBytes mac_ = EchoMac("key", "edge", EchoNonce({}, 1));
  std::vector<std::string> heads_;
};

TEST_F(EchoProbeTest, TheEchoFollowsOnTheSameConnection) {
  TlsFiles files = Certificate(pki_, "app.test");
  for (const TlsFiles* tls : std::initializer_list<const TlsFiles*>{nullptr, &files}) {
    heads_.clear();
    const FakeWebServer server(AnswerEcho(kOk, EchoAnswer(mac_), heads_), tls);
    EXPECT_EQ(ClassOf(EchoSpec(tls == nullptr ? "http" : "https"), server.endpoint()), "OK");
    EXPECT_EQ(result_.echo, mac_);
    ASSERT_TRUE(result_.ended.has_value());
    EXPECT_EQ(server.accepted(), 1);
    ASSERT_EQ(heads_.size(), 2u);
    EXPECT_EQ(heads_[0], "GET /health HTTP/1.1");
    EXPECT_EQ(heads_[1], absl::StrCat("GET /echo?nonce=", ToHex(*nonce_), " HTTP/1.1"));
  }
}

TEST_F(EchoProbeTest, TheEchoTakesAFreshConnectionWhereTheFirstIsClosed) {
  const FakeWebServer server(AnswerEcho(kOk, EchoAnswer(mac_), heads_, true));
  EXPECT_EQ(ClassOf(EchoSpec(), server.endpoint()), "OK");
  EXPECT_EQ(result_.echo, mac_);
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(EchoProbeTest, TheNextProbeStillMakesAFreshConnection) {
  const FakeWebServer server(AnswerEcho(kOk, EchoAnswer(mac_), heads_));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ClassOf(EchoSpec(), server.endpoint()), "OK");
  EXPECT_EQ(server.accepted(), 3);
}

TEST_F(EchoProbeTest, ABadStatusIsFollowedByTheEchoToo) {
  const FakeWebServer server(
      AnswerEcho("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", EchoAnswer(mac_), heads_));
  EXPECT_EQ(ClassOf(EchoSpec(), server.endpoint()), "HTTP_EDGE");
  EXPECT_EQ(result_.end.status, 503) << "of the health page";
  EXPECT_EQ(result_.echo, mac_);
}

TEST_F(EchoProbeTest, WhatIsNoMacIsNoEcho) {
  const std::string hex = ToHex(mac_);
  for (const std::string& answer :
       {absl::StrCat("HTTP/1.1 502 Bad\r\nContent-Length: 64\r\n\r\n", hex),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\nshort"), std::string("?")}) {
    heads_.clear();
    const FakeWebServer server(AnswerEcho(kOk, answer, heads_));
    ProbeSpec spec = EchoSpec();
    spec.timeout = absl::Milliseconds(300);
    EXPECT_EQ(ClassOf(spec, server.endpoint()), "OK") << "the agent judges the page alone";
    EXPECT_EQ(result_.echo, std::nullopt) << answer;
    EXPECT_TRUE(result_.ended.has_value()) << "it was asked for";
  }
}

TEST_F(EchoProbeTest, NoAnswerOrNoNonceMeansNoEcho) {
  const FakeWebServer silent([](FakeWebConnection&) { return After::kKeepOpen; });
  ProbeSpec spec = EchoSpec();
  spec.timeout = absl::Milliseconds(100);
  EXPECT_EQ(ClassOf(spec, silent.endpoint()), "TIMEOUT_READ");
  EXPECT_EQ(result_.ended, std::nullopt);
  const FakeWebServer server(AnswerEcho(kOk, EchoAnswer(mac_), heads_));
  nonce_.reset();
  EXPECT_EQ(ClassOf(spec, server.endpoint()), "OK");
  EXPECT_EQ(heads_.size(), 1u);
  EXPECT_EQ(result_.ended, std::nullopt);
}

}  // namespace
}  // namespace lifeboat::agent
