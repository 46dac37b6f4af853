"""Worlds for tests: each in a folder of its own, which is kept and named when its test fails."""

import functools
import shutil
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from deploy.demo import zone_watch
from deploy.demo.expectations import AT_EDGE
from deploy.demo.faults import FAULTS
from deploy.demo.feed import Event, Feed
from deploy.demo.installation import Installation
from deploy.demo.policy import Policy
from deploy.demo.processes import wait_until
from deploy.demo.targets import built_programs
from deploy.demo.world import World

QUICK = Policy(seconds_per_probe=0.4, hold=0.4)
LONG = 30  # seconds, after which what has not happened will not

programs = functools.cache(built_programs)


def new_directory(test: unittest.TestCase) -> Path:
    """An empty folder that outlives the test only if it fails, and is then printed."""
    directory = Path(tempfile.mkdtemp(prefix="lifeboat-e2e."))
    test.addCleanup(_remove_unless_failed, test, directory)
    return directory


def _remove_unless_failed(test: unittest.TestCase, directory: Path) -> None:
    result = test._outcome.result
    bad = [getattr(failed, "test_case", failed) for failed, _ in result.failures + result.errors]
    if test in bad:
        print(f"\n  {test.id()} failed; its files and logs are in {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)


class WorldCase(unittest.TestCase):
    """A test case with a running world in self.world."""

    def setUp(self) -> None:
        self.world = World(new_directory(self))
        self.addCleanup(self.world.stop)
        self.world.start()


class InstalledCase(WorldCase):
    """With a prepared installation besides; start() runs it."""

    policy = QUICK

    def setUp(self) -> None:
        super().setUp()
        self.installation = Installation(self.world, programs(), self.policy)
        self.addCleanup(self.installation.stop)
        self.installation.prepare()
        self.feed = Feed(self.installation)
        self.addCleanup(self.feed.stop)

    def start(self) -> None:
        """Starts all programs and waits until the service is armed."""
        self.installation.start()
        self.feed.start()
        self.wait_until_armed()

    # ---------------------------------------------------------------------------- looking at it

    def view(self) -> dict:
        """The whole status; empty while no controller answers."""
        try:
            return self.installation.status()
        except OSError:
            return {}

    def service(self) -> dict:
        return (self.view().get("services") or [{}])[0]

    def wait_for(self, condition: Callable[[dict], object], what: str, limit: float = LONG):
        """Until `condition` holds of the service's view; fails with the view otherwise."""
        view: dict = {}

        def holds() -> object:
            nonlocal view
            view = self.service()
            return view and condition(view)

        try:
            return wait_until(holds, what, limit, every=0.1)
        except TimeoutError as error:
            self.fail(f"{error}; the last view was {view}\nevents: {self.told()}")

    def wait_until_armed(self) -> None:
        self.wait_for(lambda service: service.get("armed"), "the service is armed")

    def wait_for_verdict(self, word: str, path: int = 0) -> None:
        kind = f"VERDICT_KIND_{word}"
        self.wait_for(lambda service: service["paths"][path]["verdict"] == kind, f"it is {word}")

    def wait_until_served_by(self, path: str, limit: float = LONG) -> None:
        def served(service: dict) -> bool:
            return service["serves"] == path and not service.get("move")

        self.wait_for(served, f"{path} serves", limit)

    def told(self, since: float = 0) -> list[str]:
        return [f"{event.kind}: {event.text}" for event in self.feed.events if event.at >= since]

    def events(self, kind: str, since: float) -> list[Event]:
        return [event for event in self.feed.events if event.kind == kind and event.at >= since]

    # ------------------------------------------------------------------------------- acting on it

    def inject(self, fault: str) -> float:
        """Returns when."""
        moment = time.time()
        FAULTS[fault].inject(self.world)
        return moment

    def repair(self, fault: str) -> None:
        FAULTS[fault].repair(self.world)

    def restart_controller(self, environment: dict[str, str] | None = None) -> None:
        self.installation.controller.stop()
        self.installation.controller.start(environment)
        self.installation.wait_for_controller()

    def fail_back(self) -> None:
        """Once the edge is UP, without waiting for the evidence; then waits until it serves."""
        self.wait_for_verdict("UP")
        self.installation.ctl("failback", "web", "--force", "--reason", "a test goes on")
        self.wait_until_served_by("edge")
        self.assert_dns(AT_EDGE)

    # --------------------------------------------------------------------------------- judging it

    def assert_dns(self, words: str) -> None:
        """That both authoritative servers say so now."""
        for server, address in zone_watch.SERVERS.items():
            self.assertEqual(zone_watch.serving(address), words, f"{server}; {self.told()}")

    def assert_nothing_moves(self, since: float, seconds: float) -> None:
        """Neither did DNS since then, nor will it for a while; and no move is under way."""
        time.sleep(seconds)
        self.assertEqual(self.world.watch.changes_since(since), [], self.told(since))
        self.assertEqual(self.events("pulling", since), [], self.told(since))
        self.assert_dns(AT_EDGE)
