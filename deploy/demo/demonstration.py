"""The story: all is up, the edge breaks, the users are taken to the exit, and back."""

import time
from pathlib import Path

from deploy.demo import zone_watch
from deploy.demo.faults import Fault
from deploy.demo.feed import Event, Feed
from deploy.demo.installation import SERVICE, Installation
from deploy.demo.name_servers import EDGE_NAME, HOSTNAME, TTL
from deploy.demo.narration import Narrator
from deploy.demo.network import EXIT
from deploy.demo.onlooker import Onlooker
from deploy.demo.policy import Policy
from deploy.demo.processes import wait_until
from deploy.demo.report import Report
from deploy.demo.world import World

_AT_EDGE = f"CNAME {EDGE_NAME}."
_AT_EXIT = f"A {EXIT}"
_KINDS = {  # of events that date a stage: (kind, what its words contain)
    "first_down_vote": ("vote", "edge: "),
    "verdict": ("verdict", "edge is DOWN"),
    "intent": ("intent", ""),
    "exit_open": ("opened", ""),
    "dns_proven": ("proven", ""),
}


class Demonstration:
    """Runs once. Whatever happens, call stop() afterwards."""

    def __init__(
        self, directory: Path, programs: Path, fault: Fault, policy: Policy, narrator: Narrator
    ) -> None:
        self._fault = fault
        self._policy = policy
        self._tell = narrator
        self.report = Report(fault, policy.seconds_per_probe)
        self.world = World(directory)
        self.installation = Installation(self.world, programs, policy)
        self._feed = Feed(self.installation, self._heard)
        self._onlooker = Onlooker(self.world, self.installation, narrator)

    def run(self) -> Report:
        self._start()
        self._break_edge()
        if self._fault.moves:
            self._watch_failover()
            self._watch_failback()
        else:
            self._watch_nothing_move()
        self._sum_up()
        return self.report

    def stop(self) -> None:
        self._onlooker.stop()
        self._feed.stop()
        self.installation.stop()
        self.world.stop()

    def _patience(self, probes: float) -> float:
        """How long to wait for what takes so many probes, with room for a busy machine."""
        return probes * self._policy.seconds_per_probe + 20

    def _heard(self, event: Event) -> None:
        if not event.kind.startswith("vote"):  # each vantage's votes are told by the onlooker
            tone = "bad" if event.alarm else ""
            self._tell.say("controller", f"{event.kind}: {event.text}", tone, event.at)

    # ------------------------------------------------------------------------------ all is up

    def _start(self) -> None:
        self._tell.headline("The policy")
        for line in self._policy.words():
            self._tell.plain(f"  {line}")
        self._tell.headline("Starting, in a network namespace of its own")
        self.world.start()
        self._tell.say("world", "origin, edge, five name servers, a panel of control targets")
        self.installation.prepare()
        self.installation.start()
        self._tell.say("lifeboat", "controller, three agents, exit node, connector")
        self._feed.start()
        self.world.start_clients()
        self._onlooker.start()
        self.wait_until_armed()
        self._tell.say("all", "up and armed: if the edge fails, it moves by itself", "good")
        self._show("status")
        time.sleep(3)  # for the reader, and for the users to be served a while

    def _show(self, *command: str) -> None:
        """What a person would see."""
        lines = [
            "",
            f"$ lifeboatctl {' '.join(command)}",
            *self.installation.ctl(*command).splitlines(),
        ]
        self._tell.plain("\n".join(f"  {line}".rstrip() for line in lines) + "\n")

    def wait_until_armed(self) -> None:
        def armed() -> bool:
            self.installation.must_live()
            try:
                return bool(self.installation.service().get("armed"))
            except OSError:
                return False

        wait_until(armed, "the service is armed", self._patience(15), every=0.2)

    # -------------------------------------------------------------------------- the edge breaks

    def _break_edge(self) -> None:
        self._tell.headline(f"Fault {self._fault.name}: {self._fault.words}")
        self._tell.plain(f"  expected: {self._fault.expected}, as {self._fault.expected_why}")
        self.report.fault_at = time.time()
        self._tell.count_from(self.report.fault_at)
        self._fault.inject(self.world)

    def _watch_failover(self) -> None:
        for kind, text in _KINDS.values():
            self._feed.wait_for(kind, self.report.fault_at, self._patience(10), text)
        self._feed.wait_for("done", self.report.fault_at, self._patience(5))
        success = wait_until(self._first_visit_through_exit, "a user is served by the exit", 10)
        self.report.moments["first_user_success"] = success
        self._show("status")
        time.sleep(TTL)  # until those who cached are served through the exit, too

    def _first_visit_through_exit(self) -> float | None:
        for visit in self.world.client.visits:
            if visit.ok and visit.via_exit and visit.started_at > self.report.fault_at:
                return visit.ended_at
        return None

    def _watch_nothing_move(self) -> None:
        """Long enough for three failovers, then until the edge is well again."""
        end = self.report.fault_at + 3 * (4 * self._policy.seconds_per_probe + self._policy.hold)
        wait_until(self._reason_not_to_move, "there is a reason not to move", self._patience(10))
        while time.time() < end:
            self.report.reason = self._reason_not_to_move() or self.report.reason
            time.sleep(0.2)
        self._repair()
        self._wait_for_edge_up()
        time.sleep(2 * self._policy.hold)

    def _reason_not_to_move(self) -> str:
        """What the controller says holds it, once it has noticed the fault."""
        service = self.installation.service()
        edge = service["paths"][0]
        if edge["verdict"] == "VERDICT_KIND_UP":
            return ""
        abstentions = [
            f"{ballot['vantage']} {ballot['words']}"
            for ballot in edge.get("ballots", [])
            if ballot["vote"] == "VOTE_KIND_ABSTAIN"
        ]
        reason = service.get("waiting_for") or edge.get("why", "")
        return "; ".join([reason, *abstentions])

    # ------------------------------------------------------------------------------ the way back

    def _repair(self) -> None:
        self._tell.headline("The fault is repaired")
        self.report.repaired_at = time.time()
        self._fault.repair(self.world)

    def _wait_for_edge_up(self) -> None:
        def up() -> bool:
            return self.installation.service()["paths"][0]["verdict"] == "VERDICT_KIND_UP"

        wait_until(up, "the edge is UP again", self._patience(10), every=0.2)

    def _watch_failback(self) -> None:
        self._repair()
        limit = self._policy.clean_for + self._patience(10)
        wait_until(self._offered, "failback is offered", limit, every=0.2)
        self.report.offered_at = time.time()
        self._tell.say("controller", "the evidence is whole: failback is offered", "good")
        self.report.failback_asked_at = time.time()
        command = ("failback", SERVICE, "--reason", "the edge is repaired")
        self._tell.say("person", f"lifeboatctl {' '.join(command)}", "bold")
        self.installation.ctl(*command)
        asked_at = self.report.failback_asked_at
        self.report.failback_proven_at = self._feed.wait_for("proven", asked_at, 20).at
        self.report.failback_done_at = self._feed.wait_for("done", asked_at, 20).at
        time.sleep(2 * TTL)  # in which the caching client uses up what it knows

    def _offered(self) -> bool:
        return bool(self.installation.service().get("failback_offered"))

    # --------------------------------------------------------------------------- what was seen

    def gather(self) -> None:
        """Puts into the report what has been seen so far."""
        self.report.visits = self.world.client.visits
        self.report.caching_visits = self.world.caching_client.visits
        if self.report.fault_at:
            for stage, (kind, text) in _KINDS.items():
                event = self._feed.first(kind, self.report.fault_at, text)
                self.report.moments[stage] = event.at if event else None

    def _sum_up(self) -> None:
        self.gather()
        self._onlooker.stop()
        if self._fault.moves:
            self._judge_failover()
            self._judge_failback()
        else:
            self._judge_stillness()
        self._tell.headline("Summary")
        for line in self.report.table():
            self._tell.plain(line)

    def _judge_failover(self) -> None:
        report, n = self.report, self._policy.seconds_per_probe
        report.expect(
            "first DOWN vote, verdict, intent, exit open, DNS proven, in that order",
            _ordered([report.moments[stage] for stage in _KINDS]),
            "seen",
        )
        limit = 6 * n + 1
        proven = report.since_fault("dns_proven")
        report.expect(f"DNS proven within {limit:g} s", proven <= limit, f"{proven:.2f} s")
        changes = self.world.watch.changes_since(report.fault_at)
        moved = {
            change.server
            for change in changes
            if change.after == _AT_EXIT and change.at <= report.moments["dns_proven"] + 0.2
        }
        report.expect(
            "both authoritative servers pointed at the exit by then",
            len(moved) == 2,
            ", ".join(sorted(moved)) or "none",
        )
        failed = report.failed_after_dns_proven()
        report.expect(
            "no user failed who asked after DNS was proven", failed == 0, f"{failed} failed"
        )

    def _judge_failback(self) -> None:
        report = self.report
        now = {
            server: zone_watch.serving(address) for server, address in zone_watch.SERVERS.items()
        }
        back = all(words == _AT_EDGE for words in now.values())
        report.expect(
            "both authoritative servers point at the edge again",
            back,
            "; ".join(f"{server}: {words}" for server, words in now.items()),
        )
        failed = report.failed_after_failback_proven()
        report.expect(
            "no user who caches failed after the failback was proven",
            failed == 0,
            f"{failed} failed",
        )
        moves = len(self.world.watch.changes_since(report.fault_at))
        report.expect("each server changed twice: there and back", moves == 4, f"{moves} changes")

    def _judge_stillness(self) -> None:
        report = self.report
        changes = self.world.watch.changes_since(report.fault_at)
        report.expect(
            f"{HOSTNAME} unchanged at both authoritative servers",
            not changes,
            "; ".join(f"{c.server}: {c.after}" for c in changes) or "unchanged",
        )
        pulls = [event.text for event in self._feed.events if event.kind == "pulling"]
        report.expect("no lever pulled", not pulls, "; ".join(pulls) or "none")
        named = self._fault.reason in report.reason
        report.expect("it says why it does not move", named, report.reason or "nothing")
        if self._fault.name == "blocked":
            failed = sum(not visit.ok for visit in report.visits)
            report.expect("no user noticed anything", failed == 0, f"{failed} failed")


def _ordered(moments: list[float]) -> bool:
    return all(earlier <= later for earlier, later in zip(moments, moments[1:], strict=False))
