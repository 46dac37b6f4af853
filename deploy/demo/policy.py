"""How soon the demonstration's controller makes up its mind."""

from dataclasses import dataclass

from deploy.demo.name_servers import TTL


def duration(seconds: float) -> str:
    """As configuration files have it: "1s", "800ms"."""
    milliseconds = round(seconds * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


@dataclass(frozen=True)
class Policy:
    """Everything follows from how often each agent probes each path."""

    seconds_per_probe: float = 1.0
    hold: float = 1.0
    moves_per_day: int = 4

    # Of three agents any two must agree: the loss of one leaves nobody blind, and as each sits in a
    # network of its own, min_asns keeps a single one from deciding when it is left alone.
    min_voters = 2
    min_asns = 2
    share = 0.5
    k, n, recover = 3, 4, 4

    @property
    def timeout(self) -> float:
        return 0.8 * self.seconds_per_probe

    @property
    def clean_for(self) -> float:
        return 10 * self.seconds_per_probe

    def yaml(self) -> str:
        """The part of a service's configuration that is policy, indented for it."""
        return f"""\
    ttl: {TTL}s
    health: {{path: /healthz, interval: {duration(self.seconds_per_probe)}, \
timeout: {duration(self.timeout)}}}
    filter: {{k_of_n: {{k: {self.k}, n: {self.n}, recover: {self.recover}}}}}
    quorum: {{share: {self.share}, min_voters: {self.min_voters}, min_asns: {self.min_asns}, \
hold: {duration(self.hold)}}}
    failback: {{clean_for: {duration(self.clean_for)}}}
    safety: {{moves_per_day: {self.moves_per_day}}}
"""

    def words(self) -> list[str]:
        """For people, a line each."""
        every, limit = duration(self.seconds_per_probe), duration(self.timeout)
        hold, clean_for = duration(self.hold), duration(self.clean_for)
        return [
            f"probes       every {every}, of each path by each agent; timeout {limit}",
            f"an agent     says DOWN when {self.k} of {self.n} probes fail,"
            f" UP again after {self.recover} good ones",
            f"the quorum   says DOWN when {self.share:.0%} of those who vote do, from at least"
            f" {self.min_asns} networks; {self.min_voters} must vote",
            f"a move       begins when that has stood for {hold}; DNS answers live {TTL} s",
            f"the way back is offered after {clean_for} without fault",
        ]
