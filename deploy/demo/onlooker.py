"""Looks at every part again and again, and tells what has changed."""

import re
import threading
from collections.abc import Iterator

from deploy.demo.clients import Client, Visit
from deploy.demo.installation import Installation
from deploy.demo.narration import Narrator
from deploy.demo.world import World

_TONES = {"MARK_OK": "good", "MARK_FAILING": "bad", "MARK_WARNING": "note", "MARK_HOLDING": "note"}


class Onlooker:
    """Twice a second until stopped: the controller's view, both name servers, both clients."""

    def __init__(self, world: World, installation: Installation, narrator: Narrator) -> None:
        self._world = world
        self._installation = installation
        self._narrator = narrator
        self._known: dict[str, str] = {}
        self._changes_told = 0
        self._stopping = threading.Event()
        self._looker = threading.Thread(target=self._run, name="onlooker", daemon=True)

    def start(self) -> "Onlooker":
        self._looker.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        if self._looker.is_alive():
            self._looker.join()

    def _run(self) -> None:
        while not self._stopping.wait(0.25):
            self._look_at_names()
            self._look_at_clients()
            try:
                view = self._installation.status()
            except OSError:
                continue  # it is being started again
            for part, words, mark in _parts(view):
                self._tell(part, words, _TONES.get(mark, "dim"))

    def _tell(self, part: str, words: str, tone: str, at: float | None = None) -> None:
        if words and self._known.get(part) != words:
            self._known[part] = words
            self._narrator.say(part.split(":")[0], words, tone, at)

    def _look_at_names(self) -> None:
        changes = self._world.watch.changes
        for change in changes[self._changes_told :]:
            words = f"app.lifeboat.test is now {change.after} (was {change.before})"
            self._narrator.say(change.server, words, "bold", change.at)
        self._changes_told = len(changes)

    def _look_at_clients(self) -> None:
        for client in (self._world.client, self._world.caching_client):
            visit = latest(client)
            if visit:
                way = "the exit" if visit.via_exit else "the edge"
                words = f"is served through {way}" if visit.ok else f"meets {visit.what}"
                tone = "good" if visit.ok else "bad"
                self._tell(client.name, words, tone, visit.ended_at)


def latest(client: Client) -> Visit | None:
    visits = client.visits
    return visits[-1] if visits else None


def _parts(view: dict) -> Iterator[tuple[str, str, str]]:
    """What stands in a status view: (part, words without figures that only age, mark)."""
    for service in view["services"]:
        for path in service["paths"]:
            for ballot in path.get("ballots", []):
                words = f"{path['path']} {_vote(ballot)}"
                yield f"{ballot['vantage']}:{path['path']}", words, ballot["mark"]
        for server in service.get("proof", []):
            yield (
                f"proof:{server['server']}",
                f"{server['server']} {server['state']}",
                server["mark"],
            )
    for exit_node in view["exits"]:
        for service in exit_node.get("services", []):
            door = "open to the public" if service["open"] else "dark"
            tunnel = "up" if service["tunnel_up"] else "down"
            yield f"exit {exit_node['name']}", f"{door}, tunnel {tunnel}", service["mark"]
    for lever in view["levers"]:
        words = " ".join(filter(None, (lever["state"], lever.get("why", ""))))
        yield f"lever {lever['name']}", words, lever["mark"]


def _vote(ballot: dict) -> str:
    """Such as UP, DOWN HTTP_EDGE 502, ABSTAIN panel bad."""
    return re.sub(r" [\d.]+ m?s$", "", ballot["words"])  # latencies change all the time
