"""Ways for the edge to fail, and to be well again."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.demo import network
from deploy.demo.network import can_cut

if TYPE_CHECKING:
    from deploy.demo.world import World

_NOTHING_LISTENS = 81  # a port of the origin
_TO_EDGE = f"ip daddr {network.EDGE} tcp dport 443"


@dataclass(frozen=True)
class Fault:
    name: str
    words: str  # what is being done, for people
    expected: str  # "failover" or "no failover"
    expected_why: str  # for people
    inject: Callable[["World"], None]
    repair: Callable[["World"], None]
    reason: str = ""  # for not moving, as it must occur in what Lifeboat says

    @property
    def moves(self) -> bool:
        return self.expected == "failover"


def _edge(world: "World", **trouble: object) -> None:
    world.web.configure_edge(**trouble)
    world.web.edge.reload()


def _silence(world: "World") -> None:
    if can_cut():
        world.network.cut(_TO_EDGE)
    else:  # connections are still taken by the kernel, but nobody answers them
        world.web.edge.process.send_to_family(signal.SIGSTOP)


def _unsilence(world: "World") -> None:
    if can_cut():
        world.network.mend(_TO_EDGE)
    else:
        world.web.edge.process.send_to_family(signal.SIGCONT)


_EDGE_IS_DOWN = "the edge fails and the exit works"

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            "502",
            "the edge loses its way to the origin and answers 502",
            "failover",
            _EDGE_IS_DOWN,
            lambda world: _edge(world, upstream_port=_NOTHING_LISTENS),
            _edge,
        ),
        Fault(
            "timeout",
            "the edge falls silent: packets to it are lost",
            "failover",
            _EDGE_IS_DOWN,
            _silence,
            _unsilence,
        ),
        Fault(
            "refuse",
            "the edge's web server is gone: connections are refused",
            "failover",
            _EDGE_IS_DOWN,
            lambda world: world.web.edge.stop(),
            lambda world: world.web.edge.start(),
        ),
        Fault(
            "tls",
            "the edge's certificate has expired",
            "failover",
            _EDGE_IS_DOWN,
            lambda world: _edge(world, expired=True),
            _edge,
        ),
        Fault(
            "dns",
            "the edge's own name server is gone: app.edge.test has no address",
            "failover",
            "the zone that fails is the edge's, not the one that Lifeboat writes",
            lambda world: world.names.edge.process.stop(),
            lambda world: world.names.start_edge_zone(),
        ),
        Fault(
            "origin",
            "the origin is gone: no way leads to it, the exit's neither",
            "no failover",
            "moving would not help: the exit leads to the same dead origin",
            lambda world: world.web.origin.stop(),
            lambda world: world.web.origin.start(),
            reason="ORIGIN",
        ),
        Fault(
            "blocked",
            "the edge answers our agents 403, and everyone else as always",
            "no failover",
            "an edge that dislikes our agents says nothing about its users",
            lambda world: _edge(world, denied=tuple(network.AGENTS.values())),
            _edge,
            reason="refused",
        ),
    )
}
