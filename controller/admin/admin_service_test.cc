#include "controller/admin/admin_service.h"

#include <chrono>
#include <functional>

#include "absl/strings/str_cat.h"
#include "base/grpc_status.h"
#include "controller/admin/testing/admin_server.h"
#include "controller/admin/wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::admin {
namespace {

using config::OperatorRole;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Caller {
 public:
  Caller(const AdminServer& server, const TlsFiles& files)
      : stub_(v1::AdminService::NewStub(NewChannel(
            server.address(),
            ClientCredentials(files, {.trust_domain = "test", .roles = {Role::kController}})))) {}

  template <typename Request, typename Response>
  absl::Status Ask(grpc::Status (v1::AdminService::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    return FromGrpc((stub_.get()->*method)(&context, request, response));
  }
  v1::AdminService::Stub& stub() { return *stub_; }

 private:
  std::unique_ptr<v1::AdminService::Stub> stub_;
};

template <typename Request>
Request For(const std::string& service, const std::string& reason = "a test") {
  Request request;
  request.set_service(service);
  request.set_reason(reason);
  return request;
}

Event EventOf(const std::string& id, const std::string& service) {
  return {.id = id,
          .at = SystemClock().WallNow(),
          .service = service,
          .kind = "verdict",
          .alarm = false,
          .text = absl::StrCat("event ", id),
          .detail = ""};
}

// Every verb as somebody with a certificate tries it.
struct Verb {
  const char* name;
  OperatorRole needs;
  std::function<absl::Status(Caller&)> call;
};
const Verb kVerbs[] = {
    {"GetStatus", OperatorRole::kViewer,
     [](Caller& caller) {
       v1::StatusView view;
       return caller.Ask(&v1::AdminService::Stub::GetStatus, v1::GetStatusRequest(), &view);
     }},
    {"WatchStatus", OperatorRole::kViewer,
     [](Caller& caller) {
       grpc::ClientContext context;
       const auto reader = caller.stub().WatchStatus(&context, {});
       v1::StatusView view;
       if (reader->Read(&view)) context.TryCancel();
       const grpc::Status end = reader->Finish();
       return end.error_code() == grpc::CANCELLED ? absl::OkStatus() : FromGrpc(end);
     }},
    {"Explain", OperatorRole::kViewer,
     [](Caller& caller) {
       v1::ExplainRequest request;
       request.set_service("web");
       v1::ExplainResponse response;
       return caller.Ask(&v1::AdminService::Stub::Explain, request, &response);
     }},
    {"ListEvents", OperatorRole::kViewer,
     [](Caller& caller) {
       v1::ListEventsResponse response;
       return caller.Ask(&v1::AdminService::Stub::ListEvents, v1::ListEventsRequest(), &response);
     }},
    {"Failover", OperatorRole::kOperator,
     [](Caller& caller) {
       v1::MoveResponse response;
       return caller.Ask(&v1::AdminService::Stub::Failover, For<v1::FailoverRequest>("web"),
                         &response);
     }},
    {"Failback", OperatorRole::kOperator,
     [](Caller& caller) {
       v1::MoveResponse response;
       return caller.Ask(&v1::AdminService::Stub::Failback, For<v1::FailbackRequest>("web"),
                         &response);
     }},
    {"Ack", OperatorRole::kOperator,
     [](Caller& caller) {
       v1::AckResponse response;
       return caller.Ask(&v1::AdminService::Stub::Ack, For<v1::AckRequest>("web"), &response);
     }},
    {"Pause", OperatorRole::kOperator,
     [](Caller& caller) {
       v1::PauseResponse response;
       return caller.Ask(&v1::AdminService::Stub::Pause, For<v1::PauseRequest>("web"), &response);
     }},
    {"Resume", OperatorRole::kOperator,
     [](Caller& caller) {
       v1::ResumeResponse response;
       return caller.Ask(&v1::AdminService::Stub::Resume, For<v1::ResumeRequest>("web"), &response);
     }},
    {"RaiseEpoch", OperatorRole::kAdmin,
     [](Caller& caller) {
       v1::RaiseEpochRequest request;
       request.set_reason("a test");
       v1::RaiseEpochResponse response;
       return caller.Ask(&v1::AdminService::Stub::RaiseEpoch, request, &response);
     }},
};

class AdminServiceTest : public testing::Test {
 protected:
  TestPki pki_;
};

TEST_F(AdminServiceTest, EachRoleMayDoItsVerbsAndNoOther) {
  AdminServer server(pki_, {{"vera", OperatorRole::kViewer},
                            {"otto", OperatorRole::kOperator},
                            {"anna", OperatorRole::kAdmin}});
  const std::pair<const char*, int> kPeople[] = {
      {"stranger", -1}, {"vera", 0}, {"otto", 1}, {"anna", 2}};
  for (const auto& [name, rank] : kPeople) {
    Caller caller(server, pki_.Issue(Role::kPerson, name));
    for (const Verb& verb : kVerbs) {
      const absl::Status status = verb.call(caller);
      if (rank >= static_cast<int>(verb.needs)) {
        EXPECT_TRUE(status.ok()) << name << " " << verb.name << ": " << status;
        continue;
      }
      EXPECT_TRUE(absl::IsPermissionDenied(status)) << name << " " << verb.name << ": " << status;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(absl::StrCat("operator ", name, " lacks role ")));
      EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat(" for ", verb.name)));
    }
  }
}

TEST_F(AdminServiceTest, WithoutOperatorsEveryPersonIsAnAdminAndNobodyElseIs) {
  AdminServer server(pki_);
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  for (const Verb& verb : kVerbs) EXPECT_TRUE(verb.call(anna).ok()) << verb.name;
  Caller agent(server, pki_.Issue(Role::kAgent, "fra"));
  for (const Verb& verb : kVerbs) {
    EXPECT_TRUE(absl::IsPermissionDenied(verb.call(agent))) << verb.name;
  }
}

TEST_F(AdminServiceTest, VerbsReachTheControllerWithWhoAskedAndWhy) {
  AdminServer server(pki_);
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  auto failover = For<v1::FailoverRequest>("web", "maintenance");
  failover.set_exit("nyc");
  v1::MoveResponse move;
  ASSERT_TRUE(anna.Ask(&v1::AdminService::Stub::Failover, failover, &move).ok());
  EXPECT_EQ(move.move_id(), "01MOVE");
  auto failback = For<v1::FailbackRequest>("web", "repaired");
  failback.set_force(true);
  ASSERT_TRUE(anna.Ask(&v1::AdminService::Stub::Failback, failback, &move).ok());
  EXPECT_THAT(server.controls.asked(), ElementsAre("Failover web nyc maintenance person/anna",
                                                   "Failback web forced repaired person/anna"));
  EXPECT_TRUE(server.log.Contains("person/anna"));
}

TEST_F(AdminServiceTest, ARefusalKeepsItsCodeAndItsWords) {
  AdminServer server(pki_);
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  for (const absl::Status& refusal :
       {absl::NotFoundError("no service"), absl::FailedPreconditionError("paused: x"),
        absl::AlreadyExistsError("move 1"), absl::UnavailableError("disk full")}) {
    server.controls.Answer(refusal);
    v1::MoveResponse move;
    EXPECT_EQ(anna.Ask(&v1::AdminService::Stub::Failover, For<v1::FailoverRequest>("web"), &move),
              refusal);
  }
}

TEST_F(AdminServiceTest, WhatChangesSomethingWantsAReason) {
  AdminServer server(pki_);
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  v1::MoveResponse move;
  for (const std::string& reason : {std::string(), std::string(" \n"), std::string(501, 'x')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(anna.Ask(&v1::AdminService::Stub::Failover,
                                                 For<v1::FailoverRequest>("web", reason), &move)));
  }
  EXPECT_THAT(server.controls.asked(), IsEmpty());
}

TEST_F(AdminServiceTest, ExplainTellsOfOneServiceAlone) {
  AdminServer server(pki_);
  server.controls.Add(EventOf("1", "web"));
  server.controls.Add(EventOf("2", "git"));
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  v1::ExplainRequest request;
  request.set_service("web");
  v1::ExplainResponse response;
  ASSERT_TRUE(anna.Ask(&v1::AdminService::Stub::Explain, request, &response).ok());
  ASSERT_EQ(response.status().services_size(), 1);
  EXPECT_EQ(response.status().services(0).name(), "web");
  ASSERT_EQ(response.events_size(), 1);
  EXPECT_EQ(response.events(0).id(), "1");
  request.set_service("none");
  EXPECT_TRUE(absl::IsNotFound(anna.Ask(&v1::AdminService::Stub::Explain, request, &response)));
}

TEST_F(AdminServiceTest, EventsAreBoundedFilteredAndOldestFirst) {
  AdminServer server(pki_);
  for (const char* id : {"1", "2", "3"}) server.controls.Add(EventOf(id, "web"));
  server.controls.Add(EventOf("4", "git"));
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  v1::ListEventsRequest request;
  request.set_service("web");
  request.set_after_id("1");
  request.set_limit(2);
  v1::ListEventsResponse response;
  ASSERT_TRUE(anna.Ask(&v1::AdminService::Stub::ListEvents, request, &response).ok());
  ASSERT_EQ(response.events_size(), 2);
  EXPECT_EQ(response.events(0).id(), "2");
  EXPECT_EQ(response.events(1).id(), "3");
}

TEST_F(AdminServiceTest, AWatcherSeesEachStateThatStaysForAWhile) {
  AdminServer server(pki_);
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  grpc::ClientContext context;
  const auto reader = anna.stub().WatchStatus(&context, {});
  v1::StatusView view;
  ASSERT_TRUE(reader->Read(&view));
  Snapshot next = AllWell();
  next.controller = "changed";
  server.controls.Show(AdminServer::Fresh(next));
  while (view.controller() != "changed") ASSERT_TRUE(reader->Read(&view));
  context.TryCancel();
}

TEST_F(AdminServiceTest, AFollowerMissesNoEvent) {
  AdminServer server(pki_);
  constexpr int kEvents = 300;
  const auto add = [&server](int from, int to) {
    for (int i = from; i < to; ++i) server.controls.Add(EventOf(absl::StrCat(1000 + i), "web"));
  };
  add(0, kEvents / 2);
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  v1::WatchEventsRequest request;
  *request.mutable_since() = ToProto(absl::Hours(1));
  grpc::ClientContext context;
  const auto reader = anna.stub().WatchEvents(&context, request);
  v1::EventView event;
  for (int i = 0; i < kEvents; ++i) {
    if (i == 10) add(kEvents / 2, kEvents);
    ASSERT_TRUE(reader->Read(&event));
    ASSERT_EQ(event.id(), absl::StrCat(1000 + i));
  }
  context.TryCancel();
}

TEST_F(AdminServiceTest, EndsThoughSomebodyStillWatches) {
  AdminServer server(pki_);
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  grpc::ClientContext status_context, events_context;
  const auto status = anna.stub().WatchStatus(&status_context, {});
  const auto events = anna.stub().WatchEvents(&events_context, {});
  v1::StatusView view;
  ASSERT_TRUE(status->Read(&view));
  server.Stop();
  while (status->Read(&view)) {
  }
  EXPECT_FALSE(status->Finish().ok());
  v1::EventView event;
  EXPECT_FALSE(events->Read(&event));
  EXPECT_FALSE(events->Finish().ok());
}

TEST_F(AdminServiceTest, TooManyWatchersAreRefusedAndOthersServed) {
  AdminServer server(pki_);
  Caller anna(server, pki_.Issue(Role::kPerson, "anna"));
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::StatusView>>> readers;
  int served = 0;
  for (int i = 0; i < 260; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    readers.push_back(anna.stub().WatchStatus(contexts.back().get(), {}));
    v1::StatusView view;
    if (readers.back()->Read(&view)) {
      ++served;
    } else {
      EXPECT_EQ(readers.back()->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
    }
  }
  EXPECT_EQ(served, 256);
  for (const auto& context : contexts) context->TryCancel();
}

}  // namespace
}  // namespace lifeboat::admin
