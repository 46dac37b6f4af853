"""What has to be built for the demonstration, and where Bazel puts it."""

import os
import shlex
import subprocess
from pathlib import Path

from deploy.demo.installation import BUILD_TARGETS


def built_programs() -> Path:
    """The folder of the optimised build; the environment's BAZEL names the command."""
    bazel = shlex.split(os.environ.get("BAZEL", "bazel"))
    root = Path(__file__).resolve().parent.parent.parent
    told = subprocess.run(
        [*bazel, "info", "bazel-bin"], cwd=root, check=True, text=True, capture_output=True
    )
    return Path(told.stdout.strip())


if __name__ == "__main__":
    print("\n".join(BUILD_TARGETS))
