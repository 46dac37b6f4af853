"""Worlds for tests: each in a folder of its own, which is kept and named when its test fails."""

import shutil
import tempfile
import unittest
from pathlib import Path

from deploy.demo.world import World


class WorldCase(unittest.TestCase):
    """A test case with a running world in self.world."""

    def setUp(self) -> None:
        self.world = new_world(self)
        self.world.start()


def new_directory(test: unittest.TestCase) -> Path:
    """An empty folder that outlives the test only if it fails, and is then printed."""
    directory = Path(tempfile.mkdtemp(prefix="lifeboat-e2e."))
    test.addCleanup(_remove_unless_failed, test, directory)
    return directory


def new_world(test: unittest.TestCase) -> World:
    """A world that is not started yet and will be stopped when the test ends."""
    world = World(new_directory(test))
    test.addCleanup(world.stop)
    return world


def _remove_unless_failed(test: unittest.TestCase, directory: Path) -> None:
    result = test._outcome.result
    if any(failed is test for failed, _ in result.failures + result.errors):
        print(f"\n  {test.id()} failed; its files and logs are in {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
