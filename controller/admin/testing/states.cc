#include "controller/admin/testing/states.h"

#include "absl/strings/str_cat.h"
#include "controller/admin/testing/snapshots.h"

namespace lifeboat::admin {
namespace {

ServiceSnapshot Failing(absl::Duration down_for) {
  ServiceSnapshot web = EdgeService("web", "DDDP", "UUUP");
  CountHold(web, down_for);
  return web;
}

ServiceSnapshot HeldBy(absl::string_view rule, const std::string& words) {
  ServiceSnapshot web = Failing(absl::Seconds(15));
  SetRule(web, rule, false, words);
  BeginMove(web, Path::Exit("nyc"), Stage::kIntent);
  web.waiting_for = absl::StrCat(rule, ": ", words);
  return web;
}

Snapshot WithPanelBad(Snapshot snapshot) {
  VantageSnapshot& syd = snapshot.vantages.back();
  syd.abstention = Abstention::kPanelBad;
  syd.why = "2 of 5 answer";
  syd.panel_good = 2;
  return snapshot;
}

}  // namespace

const std::vector<State>& AllStates() {
  static const auto* const kStates = new std::vector<State>{
      {"all_well", AllWell},
      {"nobody_configured", [] { return SnapshotOf({}); }},
      {"failing_hold_counting",
       [] {
         return WithPanelBad(
             SnapshotOf({Failing(absl::Seconds(6)), EdgeService("git", "UUUU", "UUUU"),
                         EdgeService("wiki", "UUUU", "DDDD")}));
       }},
      {"failing_would_be_held",
       [] {
         ServiceSnapshot web = Failing(absl::Seconds(6));
         SetRule(web, "tunnel up", false, "the origin's connector is not connected to exit/nyc");
         return SnapshotOf({web});
       }},
      {"hold_target_down",
       [] {
         ServiceSnapshot web = EdgeService("web", "DDDD", "DDDD");
         CountHold(web, absl::Seconds(15));
         BeginMove(web, Path::Exit("nyc"), Stage::kIntent);
         web.waiting_for = "target up: exit/nyc is DOWN (share 1.00 of 4 voters)";
         return SnapshotOf({web});
       }},
      {"hold_paused",
       [] {
         ServiceSnapshot web = HeldBy("not paused", "paused: kernel upgrade");
         web.paused = true;
         web.paused_reason = "kernel upgrade";
         return SnapshotOf({web});
       }},
      {"hold_origin",
       [] {
         ServiceSnapshot web =
             HeldBy("attribution",
                    "ORIGIN: the errors bear the origin's marker; no other way leads to a "
                    "healthier origin");
         web.cause = {.attribution = Attribution::kOrigin};
         web.cause_words = "the errors bear the origin's marker";
         return SnapshotOf({web});
       }},
      {"hold_not_connected",
       [] {
         Snapshot snapshot =
             SnapshotOf({HeldBy("exit connected", "exit/nyc is not connected here")});
         snapshot.exits[0].status = {};
         return snapshot;
       }},
      {"hold_tunnel_down",
       [] {
         Snapshot snapshot = SnapshotOf(
             {HeldBy("tunnel up", "the origin's connector is not connected to exit/nyc")});
         snapshot.exits[0].status.services["web"].tunnel_up = false;
         return snapshot;
       }},
      {"hold_lever",
       [] {
         Snapshot snapshot = SnapshotOf(
             {HeldBy("lever", "own is UNAUTHORIZED: the primary 192.0.2.53:53 answered REFUSED")});
         snapshot.levers[0].health = {
             LeverState::kUnauthorized,
             "the primary 192.0.2.53:53 answered REFUSED: look at the zone's "
             "update-policy for key lifeboat"};
         return snapshot;
       }},
      {"hold_records",
       [] {
         ServiceSnapshot web =
             HeldBy("records", "DNS says A 192.0.2.9, expected CNAME web.edge.test.");
         web.dns = "DNS says A 192.0.2.9, expected CNAME web.edge.test.";
         return SnapshotOf({web});
       }},
      {"hold_journal",
       [] {
         Snapshot snapshot =
             SnapshotOf({HeldBy("journal", "writing the journal: No space left on device")});
         snapshot.journal = "writing the journal: No space left on device";
         return snapshot;
       }},
      {"moving_proving",
       [] {
         ServiceSnapshot web = Failing(absl::Seconds(15));
         BeginMove(web, Path::Exit("nyc"), Stage::kProving);
         web.waiting_for = "1 of 2 authoritative servers; ns2.example.net. 192.0.2.54:53 is stale";
         web.retry_in = absl::Milliseconds(400);
         web.proof = {
             {"ns1.example.net. 192.0.2.53:53", ServerState::kProven, "A 203.0.113.10"},
             {"ns2.example.net. 192.0.2.54:53", ServerState::kStale, "CNAME web.edge.test."}};
         return SnapshotOf({web});
       }},
      {"on_exit_evidence_missing",
       [] {
         ServiceSnapshot web = ExitService("web", "UUUU", "UUUU");
         return SnapshotOf({web});
       }},
      {"on_exit_way_back_complete",
       [] {
         ServiceSnapshot web = ExitService("web", "UUUU", "UUUU");
         web.failback[0] = {"clean for", true, "2h of 2h", absl::ZeroDuration()};
         web.failback_offered = true;
         return SnapshotOf({web});
       }},
      {"on_exit_that_is_down",
       [] {
         ServiceSnapshot web = ExitService("web", "DDDD", "DDDD");
         web.hold_done = web.quorum.hold;
         return SnapshotOf({web});
       }},
      {"going_back_forced",
       [] {
         ServiceSnapshot web = ExitService("web", "UUUU", "UUUU");
         BeginMove(web, Path::Edge(), Stage::kPulling);
         web.move->reason = "the edge is repaired";
         web.move->forced = true;
         web.move->missing = "clean for: 1h12m of 2h";
         return SnapshotOf({web});
       }},
      {"back_with_lingering_exit",
       [] {
         ServiceSnapshot web = EdgeService("web", "UUUU", "UUUU");
         web.lingering_exit = "nyc";
         return SnapshotOf({web});
       }},
      {"blind",
       [] {
         Snapshot snapshot = SnapshotOf({EdgeService("web", "U___", "U___")});
         for (size_t i = 1; i < snapshot.vantages.size(); ++i) {
           snapshot.vantages[i].connected = false;
         }
         return snapshot;
       }},
      {"unarmed", [] { return SnapshotOf({EdgeService("web", "UUUU", "DDDD")}); }},
      {"paused",
       [] {
         ServiceSnapshot web = EdgeService("web", "UUUU", "UUUU");
         web.paused = true;
         web.paused_reason = "changing DNS by hand";
         SetRule(web, "not paused", false, "paused: changing DNS by hand");
         return SnapshotOf({web});
       }},
      {"degraded", [] { return SnapshotOf({EdgeService("web", "GGGU", "UUUU")}); }},
      {"warming",
       [] {
         ServiceSnapshot web = EdgeService("web", "____", "____");
         web.phase = Phase::kWarming;
         return SnapshotOf({web});
       }},
      {"amnesia",
       [] {
         Snapshot snapshot = AllWell();
         snapshot.amnesia = "exit/nyc has obeyed epoch 3.1, and ours is 1.41";
         for (ServiceSnapshot& service : snapshot.services) {
           service.phase = Phase::kAmnesia;
           service.waiting_for = snapshot.amnesia;
         }
         return snapshot;
       }},
      {"journal_trouble",
       [] {
         Snapshot snapshot = AllWell();
         snapshot.journal = "writing the journal: No space left on device";
         return snapshot;
       }},
      {"hostile_strings",
       [] {
         ServiceSnapshot web = Failing(absl::Seconds(6));
         Evidence& evidence = *web.paths[0].ballots[0].vote.by_name;
         evidence.detail = absl::StrCat("\x1b[2J\x1b]0;owned\x07<img src=x onerror=alert(1)>\r\n",
                                        "\xE2\x80\xAE"
                                        "txt.exe \xFF ",
                                        std::string(10'000, 'A'));
         Snapshot snapshot = SnapshotOf({web});
         snapshot.exits[0].status.trouble = "line one\nline two \xE2\x80\xAE";
         return snapshot;
       }},
  };
  return *kStates;
}

}  // namespace lifeboat::admin
