"""The story: all is up, the edge breaks, the users are taken to the exit, and back."""

import time
from pathlib import Path

from deploy.demo.expectations import expect_failback, expect_failover, expect_stillness
from deploy.demo.explanations import deserves_explanation, is_well, reason
from deploy.demo.faults import Fault
from deploy.demo.feed import Event, Feed
from deploy.demo.installation import SERVICE, Installation
from deploy.demo.name_servers import TTL
from deploy.demo.narration import Narrator
from deploy.demo.onlooker import Onlooker
from deploy.demo.policy import Policy
from deploy.demo.processes import wait_until
from deploy.demo.report import Report
from deploy.demo.world import World

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
        if self.report.fault_at and deserves_explanation(event):
            self._show("explain", event.id)

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
        explanation = self.installation.explain(SERVICE)
        return "" if is_well(explanation) else reason(explanation)

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
            expect_failover(self.report, self.world.watch)
            expect_failback(self.report, self.world.watch)
        else:
            pulls = [event.text for event in self._feed.events if event.kind == "pulling"]
            expect_stillness(self.report, self.world.watch, pulls)
        self._tell.headline("Summary")
        for line in self.report.table():
            self._tell.plain(line)
