"""What must have been seen, judged from the report and from what both name servers said."""

from itertools import pairwise

from deploy.demo import zone_watch
from deploy.demo.name_servers import EDGE_NAME, HOSTNAME
from deploy.demo.network import EXIT
from deploy.demo.report import Report
from deploy.demo.zone_watch import ZoneWatch

AT_EDGE = f"CNAME {EDGE_NAME}."
AT_EXIT = f"A {EXIT}"
_IN_ORDER = ("first_down_vote", "verdict", "intent", "exit_open", "dns_proven")


def expect_failover(report: Report, watch: ZoneWatch) -> None:
    moments = [report.since_fault(stage) for stage in _IN_ORDER]
    report.expect(
        "first DOWN vote, verdict, intent, exit open, DNS proven, in that order",
        all(earlier <= later for earlier, later in pairwise(moments)),
        ", ".join(f"{moment:.2f} s" for moment in moments),
    )
    limit = 6 * report.seconds_per_probe + 1
    proven = report.since_fault("dns_proven")
    report.expect(f"DNS proven within {limit:g} s", proven <= limit, f"{proven:.2f} s")
    then = watch.first_answers_after(report.moments["dns_proven"])
    report.expect(
        "both authoritative servers pointed at the exit by then",
        then == dict.fromkeys(zone_watch.SERVERS, AT_EXIT),
        "; ".join(f"{server}: {words}" for server, words in sorted(then.items())) or "none",
    )
    failed = report.failed_after_dns_proven()
    report.expect("no user failed who asked after DNS was proven", failed == 0, f"{failed} failed")


def expect_failback(report: Report, watch: ZoneWatch) -> None:
    now = {server: zone_watch.serving(address) for server, address in zone_watch.SERVERS.items()}
    report.expect(
        "both authoritative servers point at the edge again",
        all(words == AT_EDGE for words in now.values()),
        "; ".join(f"{server}: {words}" for server, words in now.items()),
    )
    failed = report.failed_after_failback_proven()
    report.expect(
        "no user who caches failed after the failback was proven", failed == 0, f"{failed} failed"
    )
    moves = len(watch.changes_since(report.fault_at))
    report.expect(
        "each server changed twice: there and back",
        moves == 2 * len(zone_watch.SERVERS),
        f"{moves} changes",
    )


def expect_stillness(report: Report, watch: ZoneWatch, pulls: list[str]) -> None:
    """That nothing moved, and that Lifeboat said why; `pulls`: what it told of pulling levers."""
    changes = watch.changes_since(report.fault_at)
    report.expect(
        f"{HOSTNAME} unchanged at both authoritative servers",
        not changes,
        "; ".join(f"{change.server}: {change.after}" for change in changes) or "unchanged",
    )
    report.expect("no lever pulled", not pulls, "; ".join(pulls) or "none")
    named = report.fault.reason in report.reason
    report.expect("it says why it does not move", named, report.reason or "nothing")
    if report.fault.name == "blocked":
        failed = sum(not visit.ok for visit in report.visits)
        report.expect("no user noticed anything", failed == 0, f"{failed} failed")
