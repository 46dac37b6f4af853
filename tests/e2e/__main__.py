"""Runs the end-to-end tests one after another: python3 -m tests.e2e [NAME…], as root.

NAME is a module, class or test, such as test_world or test_world.WorldTest. The last line is
`N passed, N failed, N skipped`.
"""

import sys
import time
import unittest
from pathlib import Path


class _Result(unittest.TextTestResult):
    """Names each test before it runs and says how long it took."""

    passed = 0

    def startTest(self, test: unittest.TestCase) -> None:
        self._began = time.monotonic()
        self.stream.write(f"{test.id().removeprefix('tests.e2e.')} ... ")
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


def _chosen(names: list[str]) -> unittest.TestSuite:
    loader = unittest.TestLoader()
    modules = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    return loader.loadTestsFromNames([f"tests.e2e.{name}" for name in names or modules])


def main() -> int:
    runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=_Result, failfast=False)
    result = runner.run(_chosen(sys.argv[1:]))
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    return 0 if result.passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
