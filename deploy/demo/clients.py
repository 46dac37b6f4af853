"""The service's users: each asks for the name, then fetches the page over a fresh connection."""

import http.client
import itertools
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.demo import dns, network
from deploy.demo.name_servers import EDGE_NAME, HOSTNAME
from deploy.demo.web_servers import MARKER

_FETCH_LIMIT = 2.0  # seconds for a whole fetch; a person would wait longer, and learn no more


@dataclass(frozen=True)
class Visit:
    """One question and the fetch that followed it. Times are Unix seconds."""

    asked_at: float  # when the answer that was used was asked for
    started_at: float  # when the fetch began
    ended_at: float
    address: str  # that was fetched from; empty: the name did not resolve
    ok: bool
    what: str  # "200", "502", "certificate verify failed: certificate has expired", …

    @property
    def via_exit(self) -> bool:
        return self.address == network.EXIT


@dataclass(frozen=True)
class Resolved:
    address: str
    ttl: float
    asked_at: float


def resolve(server: str, source: str) -> Resolved:
    """Asks one authoritative server, and the edge's own where the answer points there."""
    asked_at = time.time()
    answer = dns.ask(server, HOSTNAME, "A", source)
    ttls = [record.ttl for record in answer.records]
    if EDGE_NAME + "." in answer.values("CNAME"):
        answer = dns.ask(network.EDGE_NAME_SERVER, EDGE_NAME, "A", source)
        ttls += [record.ttl for record in answer.records]
    addresses = answer.values("A")
    if not addresses:
        raise dns.NoAnswer(f"{server} knows no address of {HOSTNAME}")
    return Resolved(addresses[0], min(ttls), asked_at)


class Page:
    """Fetches the service's page as a browser would: verified TLS, a new connection each time."""

    def __init__(self, ca_file: Path) -> None:
        self._tls = ssl.create_default_context(cafile=str(ca_file))

    def fetch(self, address: str, source: str) -> str:
        """Returns the status as text where it is the origin's page; raises OSError otherwise."""
        with socket.create_connection((address, 443), _FETCH_LIMIT, (source, 0)) as line:
            with self._tls.wrap_socket(line, server_hostname=HOSTNAME) as secure:
                return self._get(secure)

    def _get(self, secure: ssl.SSLSocket) -> str:
        request = f"GET / HTTP/1.1\r\nHost: {HOSTNAME}\r\nConnection: close\r\n\r\n"
        secure.sendall(request.encode())
        response = http.client.HTTPResponse(secure)
        response.begin()
        response.read()
        if response.status != 200 or not response.getheader(MARKER):
            raise ConnectionError(str(response.status))
        return str(response.status)


class Client:
    """Visits the page twice a second until it is stopped, however long a visit takes."""

    def __init__(self, name: str, source: str, page: Page, keeps_answers: bool) -> None:
        self.name = name
        self._source = source
        self._page = page
        self._keeps_answers = keeps_answers
        self._servers = itertools.cycle((network.PRIMARY, network.SECONDARY))
        self._lock = threading.Lock()
        self._kept: Resolved | None = None
        self._visits: list[Visit] = []
        self._stopping = threading.Event()
        self._pacer = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> "Client":
        self._pacer.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        if self._pacer.is_alive():
            self._pacer.join()

    @property
    def visits(self) -> list[Visit]:
        """All that have ended, in the order of their questions."""
        with self._lock:
            return sorted(self._visits, key=lambda visit: visit.started_at)

    def _run(self) -> None:
        with ThreadPoolExecutor(8, thread_name_prefix=self.name) as pool:
            while not self._stopping.wait(0.5):
                pool.submit(self._visit, next(self._servers))

    def _visit(self, server: str) -> None:
        started_at = asked_at = time.time()
        address, ok = "", False
        try:
            answer = self._resolve(server)
            asked_at, address = answer.asked_at, answer.address
            what, ok = self._page.fetch(address, self._source), True
        except ssl.SSLCertVerificationError as error:
            what = f"certificate: {error.verify_message}"
        except (dns.NoAnswer, OSError, http.client.HTTPException) as error:
            what = str(error) or type(error).__name__
        visit = Visit(asked_at, started_at, time.time(), address, ok, what)
        with self._lock:
            self._visits.append(visit)

    def _resolve(self, server: str) -> Resolved:
        with self._lock:
            kept = self._kept
        if kept and time.time() < kept.asked_at + kept.ttl:
            return kept
        answer = resolve(server, self._source)
        if self._keeps_answers:
            with self._lock:
                self._kept = answer
        return answer
