"""Configurations that must not do: the program does not start, and says where and why."""

import subprocess

from tests.e2e.worlds import InstalledCase

_USAGE = 2
_MISTAKES = {  # what is written instead of what: what must be said of it
    "hostnme: app": ("hostname: app", 'unknown key "hostnme"', 'did you mean "hostname"'),
    "hold: 1}": ("hold: 400ms}", "unit"),
    "min_voters: 4": ("min_voters: 2", "min_voters", "vantages"),
    "timeout: 400ms": ("timeout: 320ms", "timeout", "interval"),
    "ttl: 0s": ("ttl: 5s", "ttl"),
    "exits: [ansterdam]": ("exits: [ams]", "ansterdam"),
}


class ConfigTest(InstalledCase):
    def start_with(self, text: str) -> subprocess.CompletedProcess:
        self.installation.write("controller", text)
        argv = self.installation.controller.argv
        return subprocess.run(argv, text=True, capture_output=True, timeout=10)

    def test_a_mistake_is_named_with_file_line_and_key(self) -> None:
        good = self.installation.controller_yaml()
        for mistake, (instead_of, *words) in _MISTAKES.items():
            with self.subTest(mistake):
                self.assertEqual(good.count(instead_of), 1, instead_of)
                bad = good.replace(instead_of, mistake)
                line = 1 + bad[: bad.index(mistake)].count("\n")
                done = self.start_with(bad)
                self.assertEqual(done.returncode, _USAGE, done.stderr)
                self.assertIn(f"controller.yaml:{line}:", done.stderr)
                for word in words:
                    self.assertIn(word, done.stderr)

    def test_a_policy_that_one_lost_vantage_leaves_blind_is_warned_of(self) -> None:
        text = self.installation.controller_yaml().replace("min_voters: 2", "min_voters: 3")
        self.installation.write("controller", text)
        program, _, file = self.installation.controller.argv
        argv = [program, "check", file]
        done = subprocess.run(argv, text=True, capture_output=True, timeout=10)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"controller\.yaml:\d+:\d+: warning: .*BLIND")
