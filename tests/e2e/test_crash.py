"""kill -9 of the controller at each step of a failover."""

import re
import signal
from dataclasses import replace

from deploy.demo import zone_watch
from deploy.demo.expectations import AT_EXIT
from deploy.demo.processes import wait_until
from tests.e2e.worlds import LONG, QUICK, InstalledCase

_WORKED_ON = ("OPENING", "FETCHING", "PULLING", "PROVING", "ASKING")
STEPS = [
    "recorded:INTENT",
    *(f"{when}:{stage}" for stage in _WORKED_ON for when in ("recorded", "done")),
    "recorded:DONE",
]


class CrashTest(InstalledCase):
    policy = replace(QUICK, moves_per_day=len(STEPS))

    def test_after_a_crash_at_any_step_the_move_completes_exactly_once(self) -> None:
        self.start()
        for step in STEPS:
            with self.subTest(step=step):
                self.crash_at(step)
            self.repair("502")
            self.fail_back()

    def crash_at(self, step: str) -> None:
        self.restart_controller({"LIFEBOAT_CRASH_AT": step})
        self.wait_until_armed()
        since = self.inject("502")
        controller = self.installation.controller
        wait_until(lambda: not controller.alive(), f"it dies at {step}", LONG)
        self.assertEqual(controller.exit_code, -signal.SIGKILL)
        controller.start()
        self.installation.wait_for_controller()
        self.wait_until_served_by("exit/ams")
        self.assert_moved_exactly_once(since)

    def assert_moved_exactly_once(self, since: float) -> None:
        self.assert_dns(AT_EXIT)
        done = self.feed.wait_for("done", since, LONG)
        moves = re.findall(r"move=(\S+)", zone_watch.ownership())
        self.assertEqual(len(moves), 1, zone_watch.ownership())
        self.assertIn("serves=exit/ams", zone_watch.ownership())
        self.assertEqual(self.events("done", since), [done], self.told(since))
        self.assertEqual(len(self.events("intent", since)), 1, self.told(since))
        changes = self.world.watch.changes_since(since)
        self.assertEqual(sorted(change.server for change in changes), ["ns1", "ns2"], changes)


class AmnesiaTest(InstalledCase):
    def put_back_an_older_journal(self, restarts: int) -> None:
        """Fails over after the copy was taken, then restores it."""
        self.installation.controller.stop()
        copies = {
            path: path.read_bytes()
            for path in self.installation.directory.glob(self.installation.journal.name + "*")
        }
        for _ in range(restarts):
            self.installation.controller.start()
            self.installation.wait_for_controller()
            self.installation.controller.stop()
        self.installation.controller.start()
        self.wait_until_armed()
        self.inject("502")
        self.wait_until_served_by("exit/ams")
        self.installation.controller.stop()
        for path in self.installation.directory.glob(self.installation.journal.name + "*"):
            path.unlink()
        for path, content in copies.items():
            path.write_bytes(content)
        self.installation.controller.start()
        self.installation.wait_for_controller()

    def check_an_older_journal(self, restarts: int) -> None:
        self.start()
        self.put_back_an_older_journal(restarts)
        self.wait_for(lambda service: service["phase"] == "SERVICE_PHASE_AMNESIA", "it knows")
        self.assertIn("lifeboatctl epoch raise", str(self.view()))
        before = len(self.world.watch.changes)
        self.repair("502")
        self.wait_for_verdict("UP")
        self.assertEqual(len(self.world.watch.changes), before, self.told())
        self.assert_dns(AT_EXIT)
        self.installation.ctl("epoch", "raise", "--reason", "the journal was restored")
        self.wait_until_served_by("exit/ams")
        self.fail_back()

    def test_a_journal_with_a_lower_epoch_moves_nothing_until_a_person_says_so(self) -> None:
        self.check_an_older_journal(restarts=3)

    def test_so_does_one_whose_epoch_is_the_same_but_misses_a_move(self) -> None:
        self.check_an_older_journal(restarts=0)
