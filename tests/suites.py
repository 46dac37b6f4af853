"""Runs suites of tests and counts their cases. tests/run calls this; it says what there is."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse

_ROOT = Path(__file__).resolve().parent.parent
_BAZEL = shlex.split(os.environ.get("BAZEL", "bazel"))
# How far it is, now and then; not what the sandbox reports of each of its steps.
_SHOWN = ("--ui_event_filters=-info", "--show_progress", "--show_progress_rate_limit=15")
_CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")


@dataclass
class Count:
    """Test cases, not test programs."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)  # what to look for in the output

    def add(self, other: "Count") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures

    def fail(self, what: str) -> None:
        self.failed += 1
        self.failures.append(what)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


# ------------------------------------------------------------------------------------------ Bazel


def bazel_test(label: str, *options: str) -> Count:
    """Every test of the tree under `options`. A target that does not build is a failure, too."""
    with tempfile.NamedTemporaryFile(prefix="lifeboat-tests.") as events:
        report = ("--keep_going", f"--build_event_json_file={events.name}")
        argv = [*_BAZEL, "test", *_SHOWN, *report, *options, "//..."]
        done = subprocess.run(argv, cwd=_ROOT)
        count = _count_events(label, Path(events.name).read_text().splitlines())
    if done.returncode != 0 and not count.failed:
        count.fail(f"{label}: bazel test ended with {done.returncode}; its words are above")
    return count


def _count_events(label: str, lines: list[str]) -> Count:
    count = Count()
    for event in map(json.loads, lines):
        if "testResult" in event:
            target = event["id"]["testResult"]["label"]
            outputs = event["testResult"].get("testActionOutput", [])
            reports = [output["uri"] for output in outputs if output["name"] == "test.xml"]
            passed = event["testResult"]["status"] in ("PASSED", "FLAKY")
            count.add(_count_report(f"{label}: {target}", reports, passed))
        elif "targetCompleted" in event["id"] and not event.get("completed", {}).get("success"):
            count.fail(f"{label}: {event['id']['targetCompleted']['label']} does not build")
    return count


def _count_report(target: str, reports: list[str], passed: bool) -> Count:
    """The cases of one test program, from its test.xml."""
    count = Count()
    for uri in reports:
        try:
            root = ElementTree.parse(unquote(urlparse(uri).path)).getroot()
        except (OSError, ElementTree.ParseError):
            continue  # a crashed program's may be cut short
        for case in root.iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                count.fail(f"{target} {case.get('classname', '')}.{case.get('name')}")
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                count.skipped += 1
            else:
                count.passed += 1
    if not passed and not count.failed:
        count.fail(f"{target} crashed, timed out or did not run")
    return count


# ----------------------------------------------------------------------------------------- suites


def style() -> Count:
    return _count_program("style", ["tests/style/check"])


def unit() -> Count:
    count = bazel_test("unit")
    count.add(style())
    return count


def e2e() -> Count:
    targets = [line for line in _python("-m", "deploy.demo.targets").stdout.splitlines() if line]
    if subprocess.run([*_BAZEL, "build", *_SHOWN, *targets], cwd=_ROOT).returncode != 0:
        return Count(failed=1, failures=["e2e: the programs do not build"])
    return _count_program("e2e", [sys.executable, "-m", "tests.e2e"])


def interop() -> Count:
    # The programs are those of e2e; whoever asks for this alone gets them built here.
    targets = ("//exitnode:lifeboat-exitnode", "//exitnode:lifeboat-connector")
    build = [*_BAZEL, "build", *_SHOWN, *targets, "//controller/ctl:lifeboatctl"]
    if subprocess.run(build, cwd=_ROOT).returncode != 0:
        return Count(failed=1, failures=["interop: the programs do not build"])
    return _count_program("interop", [sys.executable, "-m", "tests.interop"])


def simulation() -> Count:
    return _count_program("simulation", ["tests/simulation/run", "--default"])


def sanitizers() -> Count:
    # Folders of their own, so that no run throws away what another has built.
    count = bazel_test("asan", "--config=asan", "--platform_suffix=-asan", "--build_tests_only")
    count.add(bazel_test("tsan", "--config=tsan", "--platform_suffix=-tsan"))
    return count


def everything() -> Count:
    count = unit()
    count.add(simulation())
    count.add(e2e())
    count.add(interop())
    return count


def _python(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments], cwd=_ROOT, text=True, check=True, stdout=subprocess.PIPE
    )


def _count_program(label: str, argv: list[str]) -> Count:
    """A program whose last line may be "N passed, N failed"; otherwise it counts as one test."""
    environment = {**os.environ, "BAZEL": shlex.join(_BAZEL)}
    with subprocess.Popen(
        argv, cwd=_ROOT, text=True, stdout=subprocess.PIPE, env=environment
    ) as program:
        closing = None
        for line in program.stdout:
            match = _CLOSING.match(line.strip())
            if not match:
                print(line, end="", flush=True)
            closing = match or closing
    if not closing:
        ok = program.returncode == 0
        return Count(1, 0) if ok else Count(0, 1, 0, [f"{label}: its words are above"])
    passed, failed, skipped = (int(figure or 0) for figure in closing.groups())
    count = Count(
        passed, failed, skipped, [f"{label}: {failed} failed; see above"] if failed else []
    )
    if program.returncode != 0 and not failed:
        count.fail(f"{label} ended with {program.returncode}")
    return count


SUITES = {
    "unit": unit,
    "simulation": simulation,
    "e2e": e2e,
    "interop": interop,
    "all": everything,
    "sanitizers": sanitizers,
}


def main() -> int:
    began = time.monotonic()
    count = SUITES[sys.argv[1]]()
    for failure in count.failures:
        print(f"FAILED {failure}")
    if count.passed + count.failed == 0:
        print("no test was run")
    print(f"{sys.argv[1]}: {time.monotonic() - began:.0f} s")
    print(count, flush=True)
    return 0 if count.passed and not count.failed else 1


if __name__ == "__main__":
    sys.exit(main())
