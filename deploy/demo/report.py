"""What was seen, against what was expected: one table, one JSON object."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.clients import Visit
from deploy.demo.faults import Fault


@dataclass(frozen=True)
class Check:
    """One thing that was expected."""

    what: str
    ok: bool
    seen: str


@dataclass
class Report:
    """Filled while the demonstration runs. Moments are Unix seconds; None: not seen."""

    fault: Fault
    seconds_per_probe: float
    fault_at: float | None = None
    moments: dict[str, float | None] = field(default_factory=dict)
    repaired_at: float | None = None
    offered_at: float | None = None
    failback_asked_at: float | None = None
    failback_proven_at: float | None = None
    failback_done_at: float | None = None
    reason: str = ""  # that Lifeboat gives for not moving
    visits: list[Visit] = field(default_factory=list)  # of the client that asks each time
    caching_visits: list[Visit] = field(default_factory=list)  # of the one that caches
    checks: list[Check] = field(default_factory=list)

    STAGES = (
        "first_down_vote",
        "verdict",
        "intent",
        "exit_open",
        "dns_proven",
        "first_user_success",
    )

    @property
    def ok(self) -> bool:
        return bool(self.checks) and all(check.ok for check in self.checks)

    def expect(self, what: str, ok: bool, seen: object) -> None:
        self.checks.append(Check(what, ok, str(seen)))

    def since_fault(self, stage: str) -> float | None:
        moment = self.moments.get(stage)
        return None if moment is None else round(moment - self.fault_at, 3)

    def failed_after_dns_proven(self) -> int | None:
        """Fetches that failed although their question followed the proof."""
        proven = self.moments.get("dns_proven")
        if proven is None:
            return None
        return sum(not visit.ok for visit in self.visits if visit.asked_at > proven)

    def failed_after_failback_proven(self) -> int | None:
        """Fetches of the caching client that began after the way back was proven, and failed."""
        proven = self.failback_proven_at
        if proven is None:
            return None
        return sum(not visit.ok for visit in self.caching_visits if visit.started_at > proven)

    def to_json(self) -> dict:
        return {
            "fault": self.fault.name,
            "expected": self.fault.expected,
            "ok": self.ok,
            "seconds_since_fault": {stage: self.since_fault(stage) for stage in self.STAGES},
            "user": {
                "requests": len(self.visits),
                "failed": sum(not visit.ok for visit in self.visits),
                "failed_after_dns_proven": self.failed_after_dns_proven(),
                "failed_after_failback_proven": self.failed_after_failback_proven(),
            },
            "failback": {
                "offered_after_repair": _difference(self.offered_at, self.repaired_at),
                "done": _difference(self.failback_done_at, self.failback_asked_at),
            },
        }

    def write_json(self, path: Path) -> None:
        path.write_text(json.dumps(self.to_json(), indent=2) + "\n")

    def table(self) -> list[str]:
        """Lines for people."""
        figures = self.to_json()
        rows = [("after the fault", "")]
        words = (
            "first DOWN vote",
            "verdict DOWN",
            "intent",
            "exit open",
            "DNS proven",
            "user served",
        )
        for stage, label in zip(self.STAGES, words, strict=True):
            rows.append((f"  {label}", _seconds(figures["seconds_since_fault"][stage])))
        user, failback = figures["user"], figures["failback"]
        rows.append(("users", ""))
        rows.append(("  fetches, failed", f"{user['requests']}, {user['failed']}"))
        rows.append(("  failed after DNS proven", _number(user["failed_after_dns_proven"])))
        rows.append(
            ("  failed after failback proven", _number(user["failed_after_failback_proven"]))
        )
        rows.append(("failback", ""))
        rows.append(("  offered after the repair", _seconds(failback["offered_after_repair"])))
        rows.append(("  proven after the command", _seconds(failback["done"])))
        lines = [f"  {label:<32}{value:>12}".rstrip() for label, value in rows]
        lines += ["", "  expected"]
        lines += [
            f"  {'✔' if check.ok else '✖'} {check.what}: {check.seen}" for check in self.checks
        ]
        return lines


def _difference(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else round(later - earlier, 3)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"


def _number(value: int | None) -> str:
    return "–" if value is None else str(value)
