"""Watches both authoritative servers: a change is seen, whoever claims or denies it."""

import threading
import time
from dataclasses import dataclass

from deploy.demo import dns, network
from deploy.demo.name_servers import HOSTNAME, OWNERSHIP

SERVERS = {"ns1": network.PRIMARY, "ns2": network.SECONDARY}


@dataclass(frozen=True)
class ZoneChange:
    at: float  # Unix seconds, when it was first seen
    server: str  # "ns1" or "ns2"
    before: str
    after: str  # "CNAME app.edge.test.", "A 10.77.0.30"


def serving(server: str) -> str:
    """What an authoritative server says of the service's name: "CNAME …", "A …" or "nothing"."""
    answer = dns.ask(server, HOSTNAME, "A", network.WATCHER)
    words = [f"{record.type} {record.value}" for record in answer.records]
    return ", ".join(sorted(words)) or "nothing"


def ownership(server: str = network.PRIMARY) -> str:
    """The text that names who may change the service's name; empty: there is none."""
    return "".join(dns.ask(server, OWNERSHIP, "TXT", network.WATCHER).values("TXT"))


@dataclass(frozen=True)
class ZoneAnswer:
    asked_at: float  # Unix seconds
    server: str
    words: str


class ZoneWatch:
    """Asks both servers 20 times a second until stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: list[ZoneChange] = []
        self._answers: list[ZoneAnswer] = []
        self._now: dict[str, str] = {}
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._run, name="zone-watch", daemon=True)

    def start(self) -> "ZoneWatch":
        self._watcher.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()

    @property
    def changes(self) -> list[ZoneChange]:
        with self._lock:
            return list(self._changes)

    @property
    def now(self) -> dict[str, str]:
        """The latest answer of each server."""
        with self._lock:
            return dict(self._now)

    def changes_since(self, moment: float) -> list[ZoneChange]:
        return [change for change in self.changes if change.at >= moment]

    def first_answers_after(self, moment: float) -> dict[str, str]:
        """Of each server, to the first question that was asked then: however late the watch is."""
        first: dict[str, str] = {}
        with self._lock:
            for answer in self._answers:
                if answer.asked_at >= moment:
                    first.setdefault(answer.server, answer.words)
        return first

    def _run(self) -> None:
        while not self._stopping.wait(0.05):
            for name, address in SERVERS.items():
                asked_at = time.time()
                try:
                    self._saw(ZoneAnswer(asked_at, name, serving(address)))
                except dns.NoAnswer:
                    pass  # a silent server has not changed its mind

    def _saw(self, answer: ZoneAnswer) -> None:
        with self._lock:
            self._answers.append(answer)
            before = self._now.get(answer.server)
            self._now[answer.server] = answer.words
            if before is not None and before != answer.words:
                change = ZoneChange(time.time(), answer.server, before, answer.words)
                self._changes.append(change)
