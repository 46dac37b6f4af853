"""Runs the tests beside other programs: python3 -m tests.interop [NAME…].

NAME is a module, class or test. Where a program is not there its tests are skipped, and say so;
tests/interop/peers installs them. The last line is `N passed, N failed, N skipped`.
"""

import sys
from pathlib import Path

from tests.programs import run_package

if __name__ == "__main__":
    sys.exit(run_package("tests.interop", Path(__file__).parent, sys.argv[1:]))
