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


class ZoneWatch:
    """Asks both servers 20 times a second until stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: list[ZoneChange] = []
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

    def _run(self) -> None:
        while not self._stopping.wait(0.05):
            for name, address in SERVERS.items():
                try:
                    self._saw(name, serving(address))
                except dns.NoAnswer:
                    pass  # a silent server has not changed its mind

    def _saw(self, server: str, words: str) -> None:
        with self._lock:
            before = self._now.get(server)
            self._now[server] = words
            if before is not None and before != words:
                self._changes.append(ZoneChange(time.time(), server, before, words))
