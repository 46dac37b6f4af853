"""deploy/demo/run calls this once everything is installed and built."""

import argparse
import os
import shlex
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from deploy.demo.demonstration import Demonstration
from deploy.demo.faults import FAULTS
from deploy.demo.forward import Forward
from deploy.demo.narration import Narrator
from deploy.demo.policy import Policy


def _arguments() -> argparse.Namespace:
    faults = "; ".join(f"{fault.name}: {fault.words}" for fault in FAULTS.values())
    parser = argparse.ArgumentParser(
        prog="deploy/demo/run",
        description="A real name fails over to an exit node, and comes back.",
        epilog="Exit code: 0 each expected thing was seen, 1 not, 2 usage, 130 interrupted.",
    )
    parser.add_argument("--fault", choices=FAULTS, default="502", help=f"(default 502) {faults}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    parser.add_argument(
        "--seconds-per-probe", type=float, default=1, metavar="N", help="of every agent (default 1)"
    )
    parser.add_argument("--no-build", action="store_true", help="use the programs as they are")
    parser.add_argument("--programs", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--check-usage", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not 0.2 <= arguments.seconds_per_probe <= 60:
        parser.error("--seconds-per-probe wants a number from 0.2 to 60")
    if arguments.json and not arguments.json.absolute().parent.is_dir():
        parser.error(f"--json {arguments.json}: there is no such folder")
    return arguments


def _keep(forward: Forward, demonstration: Demonstration, narrator: Narrator) -> None:
    command = shlex.join(demonstration.installation.ctl_argv("status"))
    narrator.headline("Kept running. Ctrl-C stops everything.")
    narrator.plain(f"  status page   {forward.url}")
    narrator.plain(f"  metrics       {forward.url}metrics")
    narrator.plain(f"  its network   sudo nsenter --net --target {os.getpid()} bash")
    narrator.plain(f"  and there     {command}")
    signal.pause()


def _terminate(number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    arguments = _arguments()
    if arguments.check_usage:
        return 0
    # SIGINT too: whoever is started in the background by a script inherits that it is ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    narrator = Narrator()
    forward = Forward() if arguments.keep else None
    directory = Path(tempfile.mkdtemp(prefix="lifeboat-demo."))
    demonstration = None
    ok = interrupted = False
    try:
        policy = Policy(arguments.seconds_per_probe)
        fault = FAULTS[arguments.fault]
        demonstration = Demonstration(directory, arguments.programs, fault, policy, narrator)
        ok = demonstration.run().ok
        if arguments.json:
            demonstration.report.write_json(arguments.json)
        if forward:
            forward.start()
            _keep(forward, demonstration, narrator)
    except KeyboardInterrupt:
        interrupted = not (demonstration and demonstration.report.checks)  # not at its end
    except (OSError, RuntimeError, TimeoutError) as error:
        narrator.plain(f"\n✖ {error}", "bad")
        if arguments.json and demonstration:
            demonstration.gather()
            demonstration.report.write_json(arguments.json)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # nothing shall interrupt the tidying up
        if demonstration:
            demonstration.stop()
    if not ok and not interrupted:
        narrator.plain(f"\nLogs and files are kept in {directory}", "note")
        return 1
    shutil.rmtree(directory, ignore_errors=True)
    if not ok:
        return 130
    narrator.plain("\n✔ Each expected thing was seen.", "good")
    return 0


if __name__ == "__main__":
    sys.exit(main())
