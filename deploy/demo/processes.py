"""Processes that are started, watched and stopped by their pid."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until(condition: Callable[[], object], what: str, limit: float, every: float = 0.02):
    """Returns the first true value of `condition`; TimeoutError after `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {limit:g} s in vain until {what}")
        time.sleep(every)


def listens(address: str, port: int) -> bool:
    """Whether a TCP connection is taken there."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


class Process:
    """One program, its log, and the right to end it. Its log is appended to across restarts."""

    def __init__(self, name: str, argv: list[str], logs: Path) -> None:
        self.name = name
        self.argv = argv
        self.log = logs / f"{name}.log"
        self._running: subprocess.Popen | None = None

    def start(self, environment: dict[str, str] | None = None) -> "Process":
        assert not self.alive(), f"{self.name} runs already"
        with open(self.log, "ab") as log:
            self._running = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, **(environment or {})},
                start_new_session=True,  # Ctrl-C at the terminal is for the demonstration alone
                preexec_fn=_die_with_parent,
            )
        return self

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    @property
    def exit_code(self) -> int | None:
        """As subprocess has it: negative for a signal, None while it runs or before its start."""
        return self._running.poll() if self._running else None

    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def must_live(self) -> None:
        """Raises with the end of the log if the process is gone."""
        if not self.alive():
            raise RuntimeError(
                f"{self.name} ended with {self.exit_code}; its log ends:\n{self.tail()}"
            )

    def send(self, number: signal.Signals) -> None:
        if self.alive():
            self._running.send_signal(number)

    def send_to_family(self, number: signal.Signals) -> None:
        if self.alive():
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            self.send(number)
            for child in children:
                os.kill(int(child), number)

    def kill(self) -> None:
        """As a power cut would: no chance to clean up."""
        self.send(signal.SIGKILL)
        self.wait(10)

    def wait(self, limit: float) -> int:
        assert self._running is not None
        return self._running.wait(limit)

    def stop(self) -> None:
        stop_all([self])

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def stop_all(processes: list[Process], limit: float = 5) -> None:
    """Asks all to end at once, and insists where one has not after `limit` seconds."""
    running = [process for process in processes if process.alive()]
    for process in running:
        process.send_to_family(signal.SIGCONT)
        process.send(signal.SIGTERM)
    end = time.monotonic() + limit
    for process in running:
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
