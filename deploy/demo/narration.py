"""Tells a person at a terminal what happens, as it happens."""

import sys
import threading
import time
from typing import TextIO

_COLOURS = {"good": "32", "bad": "31", "note": "33", "dim": "2", "bold": "1"}


class Narrator:
    """Prints lines with the seconds since the start or, once it is injected, since the fault."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._colour = out.isatty()
        self._lock = threading.Lock()
        self._zero = time.time()
        self._sign = " "

    def count_from(self, moment: float) -> None:
        """From now on times are told since `moment`, the fault."""
        self._zero, self._sign = moment, "+"

    def headline(self, words: str) -> None:
        self._print("\n" + self._paint(words, "bold"))

    def plain(self, words: str = "", tone: str = "") -> None:
        self._print(self._paint(words, tone))

    def say(self, who: str, words: str, tone: str = "", at: float | None = None) -> None:
        seconds = (at or time.time()) - self._zero
        stamp = f"{self._sign}{max(0.0, seconds):5.1f} s"
        self._print(f"{stamp}  {who:<12} {self._paint(words, tone)}")

    def _paint(self, words: str, tone: str) -> str:
        if not self._colour or not tone:
            return words
        return f"\033[{_COLOURS[tone]}m{words}\033[0m"

    def _print(self, line: str) -> None:
        with self._lock:
            print(line, file=self._out, flush=True)
