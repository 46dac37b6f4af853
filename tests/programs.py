"""Runs a package's tests of whole programs one after another, and says how each ended."""

import sys
import time
import unittest
from pathlib import Path


class _Result(unittest.TextTestResult):
    """Names each test before it runs and says how long it took."""

    passed = 0
    package = ""

    def startTest(self, test: unittest.TestCase) -> None:
        self._began = time.monotonic()
        self.stream.write(f"{test.id().removeprefix(self.package + '.')} ... ")
        self.stream.flush()
        unittest.TestResult.startTest(self, test)

    def _said(self, word: str) -> None:
        self.stream.writeln(f"{word} ({time.monotonic() - self._began:.1f} s)")
        self.stream.flush()

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.passed += 1
        self._said("ok")

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self._said("FAILED")

    def addError(self, test, err):
        unittest.TestResult.addError(self, test, err)
        self._said("ERROR")

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        self._said(f"skipped: {reason}")


def _chosen(package: str, directory: Path, names: list[str]) -> unittest.TestSuite:
    loader = unittest.TestLoader()
    modules = sorted(path.stem for path in directory.glob("test_*.py"))
    return loader.loadTestsFromNames([f"{package}.{name}" for name in names or modules])


def run_package(package: str, directory: Path, names: list[str]) -> int:
    """Modules, classes or tests of `package` by their `names`, none means all; the exit code.

    The last line is "N passed, N failed, N skipped".
    """
    result_class = type("Result", (_Result,), {"package": package})
    runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=result_class, failfast=False)
    result = runner.run(_chosen(package, directory, names))
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    return 0 if (result.passed or result.skipped) and not failed else 1
