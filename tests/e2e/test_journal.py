"""A journal that cannot be written or read: nothing is done that is not recorded."""

from pathlib import Path

from deploy.demo.expectations import AT_EXIT
from deploy.demo.network import run
from deploy.demo.processes import Process, wait_until
from tests.e2e.worlds import InstalledCase


class JournalTest(InstalledCase):
    def test_with_a_full_disk_nothing_moves_until_there_is_room(self) -> None:
        disk = self.installation.directory / "small-disk"
        disk.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk))
        self.addCleanup(run, "umount", "--lazy", str(disk))
        self.installation.journal = disk / "journal.db"
        self.installation.write("controller", self.installation.controller_yaml())
        self.start()
        ballast = disk / "ballast"
        fill(ballast)
        since = self.inject("502")
        self.wait_for(lambda _: not self.view().get("journal_ok"), "it says the journal is full")
        self.assertRegex(str(self.view().get("troubles")), "(?i)full|space")
        self.assert_nothing_moves(since, 3)
        ballast.unlink()
        self.wait_until_served_by("exit/ams")
        self.assert_dns(AT_EXIT)

    def test_a_damaged_journal_is_named_and_nothing_moves(self) -> None:
        self.start()
        self.installation.controller.stop()
        for path in self.installation.directory.glob(self.installation.journal.name + "-*"):
            path.unlink()
        with open(self.installation.journal, "r+b") as journal:
            journal.write(b"this is no database any more" * 200)
        since = self.inject("502")
        controller = self.installation.controller.start()
        self.wait_for_refusal(controller)
        self.assert_nothing_moves(since, 3)

    def wait_for_refusal(self, controller: Process) -> None:
        """Either it ends with the reason, or it runs, says so and acts on nothing."""
        name = self.installation.journal.name

        def refused() -> bool:
            if controller.alive():
                return self.view() != {} and not self.view().get("journal_ok")
            return controller.exit_code != 0 and name in controller.tail()

        wait_until(refused, f"{name} is named: {controller.tail()}", 20)


def fill(path: Path) -> None:
    """Writes until there is no room left."""
    with open(path, "wb", buffering=0) as ballast:
        for size in (65536, 4096, 512):
            try:
                while True:
                    ballast.write(b"\0" * size)
            except OSError:
                pass
