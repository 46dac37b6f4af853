"""The demonstration itself, once for each fault, by its own command."""

import json
import os
import subprocess
import time
import unittest
from pathlib import Path

from tests.e2e.worlds import new_directory

_RUN = Path(__file__).resolve().parent.parent.parent / "deploy" / "demo" / "run"
_SOONEST_TO_LATEST = (
    "first_down_vote",
    "verdict",
    "intent",
    "exit_open",
    "dns_proven",
)


class DemoTest(unittest.TestCase):
    def demonstrate(self, fault: str) -> dict:
        """The figures of one run, which must have ended with 0."""
        figures = new_directory(self) / "figures.json"
        argv = [str(_RUN), "--no-build", "--fault", fault, "--json", str(figures)]
        done = subprocess.run(argv, text=True, capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])
        return json.loads(figures.read_text())

    def check_failover(self, fault: str) -> None:
        figures = self.demonstrate(fault)
        since_fault, user = figures["seconds_since_fault"], figures["user"]
        self.assertEqual((figures["fault"], figures["expected"]), (fault, "failover"))
        self.assertTrue(figures["ok"])
        moments = [since_fault[stage] for stage in _SOONEST_TO_LATEST]
        self.assertEqual(moments, sorted(moments), figures)
        self.assertLessEqual(since_fault["dns_proven"], 7, figures)
        self.assertGreater(since_fault["first_user_success"], 0, figures)
        self.assertGreater(user["requests"], 0, figures)
        self.assertEqual(user["failed_after_dns_proven"], 0, figures)
        self.assertEqual(user["failed_after_failback_proven"], 0, figures)
        self.assertGreater(figures["failback"]["offered_after_repair"], 0, figures)
        self.assertGreater(figures["failback"]["done"], 0, figures)

    def check_no_failover(self, fault: str) -> dict:
        figures = self.demonstrate(fault)
        self.assertEqual((figures["fault"], figures["expected"]), (fault, "no failover"))
        self.assertTrue(figures["ok"])
        self.assertIsNone(figures["seconds_since_fault"]["dns_proven"])
        return figures

    def test_502(self) -> None:
        self.check_failover("502")

    def test_timeout(self) -> None:
        self.check_failover("timeout")

    def test_refuse(self) -> None:
        self.check_failover("refuse")

    def test_tls(self) -> None:
        self.check_failover("tls")

    def test_dns(self) -> None:
        self.check_failover("dns")

    def test_origin(self) -> None:
        self.check_no_failover("origin")

    def test_blocked(self) -> None:
        self.assertEqual(self.check_no_failover("blocked")["user"]["failed"], 0)

    def test_an_interrupted_demonstration_leaves_nothing_behind(self) -> None:
        argv = [str(_RUN), "--no-build"]
        running = subprocess.Popen(argv, text=True, stdout=subprocess.PIPE, process_group=0)
        for line in running.stdout:
            if "up and armed" in line:
                break
        below = _descendants(running.pid)
        self.assertGreater(len(below), 10)
        os.killpg(running.pid, 2)
        printed = running.stdout.read()
        self.assertEqual(running.wait(30), 130, printed)
        end = time.monotonic() + 5
        while any(map(_alive, below)) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual([pid for pid in below if _alive(pid)], [])


def _descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for path in children for child in path.read_text().split()]
    return found + [below for child in found for below in _descendants(child)]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
