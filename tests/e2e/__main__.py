"""Runs the end-to-end tests one after another: python3 -m tests.e2e [NAME…], as root.

NAME is a module, class or test, such as test_world or test_world.WorldTest. The last line is
`N passed, N failed, N skipped`.
"""

import sys
from pathlib import Path

from tests.programs import run_package

if __name__ == "__main__":
    sys.exit(run_package("tests.e2e", Path(__file__).parent, sys.argv[1:]))
