"""What the controller journals, as it happens."""

import json
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from deploy.demo.installation import Installation
from deploy.demo.processes import wait_until


@dataclass(frozen=True)
class Event:
    id: str
    at: float  # Unix seconds, by the controller's clock, which is this machine's
    service: str  # empty: of the controller itself
    kind: str
    alarm: bool
    text: str
    explained: bool  # `lifeboatctl explain` says how it stood then

    @staticmethod
    def from_json(fields: dict) -> "Event":
        at = datetime.fromisoformat(fields["at"]).timestamp()
        text, service = fields.get("text", ""), fields.get("service", "")
        alarm, explained = fields.get("alarm", False), fields.get("explained", False)
        return Event(fields["id"], at, service, fields["kind"], alarm, text, explained)


class Feed:
    """Follows the events of a controller, through its restarts, until stopped."""

    def __init__(self, installation: Installation, heard: Callable[[Event], None] = lambda _: None):
        self._installation = installation
        self._heard = heard
        self._lock = threading.Lock()
        self._events: dict[str, Event] = {}
        self._stopping = threading.Event()
        self._follower: subprocess.Popen | None = None
        self._reader = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> "Feed":
        self._reader.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        if self._follower:
            self._follower.kill()
        if self._reader.is_alive():
            self._reader.join()

    @property
    def events(self) -> list[Event]:
        with self._lock:
            return sorted(self._events.values(), key=lambda event: event.id)

    def first(self, kind: str, since: float, text: str = "") -> Event | None:
        """The first event of that kind whose words contain `text`, not older than `since`."""
        for event in self.events:
            if event.kind == kind and event.at >= since and text in event.text:
                return event
        return None

    def wait_for(self, kind: str, since: float, limit: float, text: str = "") -> Event:
        what = f'an event "{kind}"' + (f' that says "{text}"' if text else "")
        return wait_until(lambda: self.first(kind, since, text), f"there is {what}", limit)

    def _run(self) -> None:
        argv = self._installation.ctl_argv("events", "--follow", "--since", "1h", "-o", "json")
        while not self._stopping.is_set():
            self._follower = subprocess.Popen(
                argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            for line in self._follower.stdout:
                self._take(Event.from_json(json.loads(line)))
            self._follower.wait()
            self._stopping.wait(0.2)

    def _take(self, event: Event) -> None:
        with self._lock:
            known = event.id in self._events
            self._events[event.id] = event
        if not known:
            self._heard(event)
