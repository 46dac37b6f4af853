"""What is asked of a subject, and how it is measured."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.tunnel_bench.subjects import Subject
from tests.interop.tunnels import LOOPBACK

_WRK_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
_WRK_ERRORS = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")


class LoadFailed(RuntimeError):
    """A load did not come to its end; says which, and what it printed."""


@dataclass(frozen=True)
class Measure:
    """One figure, or two that one load gives."""

    name: str
    units: tuple[str, ...]  # of each figure
    more_is_better: tuple[bool, ...]
    take: Callable[[Subject, float], tuple[float, ...]]  # of a subject, within so many seconds


def _bulk(streams: int, down: bool) -> Callable[[Subject, float], tuple[float, ...]]:
    """Gbit/s, and the subject's CPU seconds for a GB."""

    def take(subject: Subject, seconds: float) -> tuple[float, ...]:
        argv = ["iperf3", "-c", LOOPBACK, "-p", str(subject.visitors.bulk), "-J"]
        argv += ["-P", str(streams), "-t", str(seconds), *(["-R"] if down else [])]
        before = subject.cpu_seconds()
        told = subprocess.run(argv, capture_output=True, text=True, timeout=seconds + 30)
        used = subject.cpu_seconds() - before
        try:
            end = json.loads(told.stdout)["end"]["sum_received"]
        except (ValueError, KeyError):
            raise LoadFailed(f"iperf3 through {subject.name}: {told.stdout[-300:]}") from None
        return end["bits_per_second"] / 1e9, used / (end["bytes"] / 1e9)

    return take


def _wrk(keep: bool) -> Callable[[Subject, float], tuple[float, ...]]:
    """Requests a second over 48 connections."""

    def take(subject: Subject, seconds: float) -> tuple[float, ...]:
        header = [] if keep else ["-H", "Connection: close"]
        url = f"http://{LOOPBACK}:{subject.visitors.web}/"
        argv = ["wrk", "-t2", "-c48", f"-d{max(1, round(seconds))}s", *header, url]
        told = subprocess.run(argv, capture_output=True, text=True, timeout=seconds + 30).stdout
        rate = _WRK_RATE.search(told)
        errors = _WRK_ERRORS.search(told)
        # A server that closes first is what was asked for; whatever else went wrong is not.
        if rate is None or (errors and any(int(errors[i]) for i in (1, 3, 4))):
            raise LoadFailed(f"wrk through {subject.name}: {told}")
        return (float(rate[1]),)

    return take


def _idle_visitors(count: int) -> Callable[[Subject, float], tuple[float, ...]]:
    """Resident bytes for each of so many visitors that have been answered once and stay."""

    def take(subject: Subject, seconds: float) -> tuple[float, ...]:
        del seconds  # it takes what it takes
        before = subject.resident_bytes()
        visitors = []
        try:
            for _ in range(count):
                visitor = socket.create_connection((LOOPBACK, subject.visitors.web), timeout=20)
                visitors.append(visitor)
                visitor.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
            for visitor in visitors:
                if not visitor.recv(4096):
                    raise LoadFailed(f"{subject.name} closed on an idle visitor")
            time.sleep(0.2)
            return ((subject.resident_bytes() - before) / count,)
        finally:
            for visitor in visitors:
                visitor.close()
            time.sleep(0.5)  # all gone before the next load

    return take


def _fresh(take: Callable[[Subject, float], tuple[float, ...]]):
    """Of a subject that has just started: memory that it kept from before does not count."""

    def restarted(subject: Subject, seconds: float) -> tuple[float, ...]:
        subject.stop()
        subject.start()
        return take(subject, seconds)

    return restarted


_BULK = (("Gbit/s", "CPU s/GB"), (True, False))
MEASURES = (
    Measure("bulk up, 1 stream", *_BULK, _bulk(1, False)),
    Measure("bulk down, 1 stream", *_BULK, _bulk(1, True)),
    Measure("bulk up, 8 streams", *_BULK, _bulk(8, False)),
    Measure("bulk down, 8 streams", *_BULK, _bulk(8, True)),
    Measure("48 kept connections", ("requests/s",), (True,), _wrk(True)),
    Measure("a connection a request", ("requests/s",), (True,), _wrk(False)),
    Measure("1,000 idle visitors", ("bytes each",), (False,), _fresh(_idle_visitors(1000))),
)
