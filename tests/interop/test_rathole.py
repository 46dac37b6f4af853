"""The real rathole 0.5.0 at the other end of the tunnel."""

import hashlib
import socket
import socketserver
import tempfile
import threading
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from deploy.demo.processes import stop_all, wait_until
from tests.interop.tunnels import (
    LOOPBACK,
    LifeboatConnector,
    LifeboatExit,
    RatholeClient,
    RatholeServer,
    free_port,
    rathole_program,
)

_LONG = 20


class _Echo(socketserver.BaseRequestHandler):
    """Gives everything back, and says goodbye once the visitor has ended its half."""

    def handle(self) -> None:
        while bytes_in := self.request.recv(65536):
            self.request.sendall(bytes_in)
        self.request.sendall(b"bye")


class _Origin(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Echo)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class _UdpEcho(socketserver.BaseRequestHandler):
    """Gives each datagram back."""

    def handle(self) -> None:
        payload, here = self.request
        here.sendto(payload, self.client_address)


class _UdpOrigin(socketserver.UDPServer):
    max_packet_size = 65536

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _UdpEcho)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class _UdpVisitor:
    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((LOOPBACK, port))

    def __enter__(self) -> "_UdpVisitor":
        return self

    def __exit__(self, *unused: object) -> None:
        self._socket.close()

    def ask(self, payload: bytes, patience: float = _LONG) -> bytes | None:
        """The answer; None where none comes."""
        self._socket.settimeout(patience)
        try:
            self._socket.send(payload)
            return self._socket.recv(65536)
        except (TimeoutError, ConnectionRefusedError):
            return None


def _answers(port: int) -> bool:
    with _UdpVisitor(port) as visitor:
        return visitor.ask(b"anybody?", patience=0.5) == b"anybody?"


def _exchange(port: int, said: bytes) -> bytes:
    """What a visitor hears that says `said` and then ends its half."""
    with socket.create_connection((LOOPBACK, port), timeout=_LONG) as visitor:
        writer = threading.Thread(target=_say, args=(visitor, said))
        writer.start()
        heard = bytearray()
        while more := visitor.recv(65536):
            heard += more
        writer.join()
        return bytes(heard)


def _say(visitor: socket.socket, said: bytes) -> None:
    visitor.sendall(said)
    visitor.shutdown(socket.SHUT_WR)


def _is_served(port: int) -> bool:
    try:
        return _exchange(port, b"anybody?") == b"anybody?bye"
    except OSError:
        return False


class _TunnelCase(unittest.TestCase):
    """A server's half and a client's, at least one of them rathole's; subclasses say which."""

    server_kind: type
    client_kind: type

    def setUp(self) -> None:
        if not rathole_program():
            self.skipTest("RATHOLE IS NOT INSTALLED: tests/interop/peers")
        directory = tempfile.TemporaryDirectory(prefix="lifeboat-interop.")
        self.addCleanup(directory.cleanup)
        self.origin = _Origin()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)
        self.datagrams = _UdpOrigin()
        self.addCleanup(self.datagrams.server_close)
        self.addCleanup(self.datagrams.shutdown)
        self.visitors = {"web": free_port(), "more": free_port(), "web-udp": free_port()}
        targets = {"web": self.origin.port, "web-udp": self.datagrams.port}
        tunnel = free_port()
        self.server = self.server_kind(Path(directory.name), tunnel, self.visitors)
        self.client = self.client_kind(Path(directory.name), tunnel, targets)
        self.addCleanup(lambda: stop_all([self.client.process, self.server.process]))
        self.server.start()
        self.client.start()
        self.wait_until_served("web")

    def wait_until_answered(self) -> None:
        port = self.visitors["web-udp"]
        wait_until(lambda: _answers(port), "datagrams are answered", _LONG, every=0.1)

    def ask_in_turns(self, number: int) -> list[bool]:
        """Whether each of its datagrams came back: short, empty, as long as rathole takes."""
        with _UdpVisitor(self.visitors["web-udp"]) as visitor:
            payloads = [f"{number} of them".encode(), b"", bytes([number]) * 2000]
            return [visitor.ask(payload) == payload for payload in payloads * 5]

    def wait_until_served(self, service: str) -> None:
        port = self.visitors[service]
        wait_until(lambda: _is_served(port), f"{service} is served", _LONG, every=0.1)

    @contextmanager
    def open_stream(self) -> Iterator[None]:
        """A visitor's stream that must be there still when the block ends."""
        address = (LOOPBACK, self.visitors["web"])
        with socket.create_connection(address, timeout=_LONG) as visitor:
            for said in (b"before", b"after"):
                visitor.sendall(said)
                self.assertEqual(visitor.recv(len(said)), said)
                if said == b"before":
                    yield

    def exchange(self, said: bytes) -> bytes:
        return _exchange(self.visitors["web"], said)


class _Carries:
    """What must hold whoever is at either end."""

    def test_half_an_end_leaves_the_other_half_open(self) -> None:
        self.assertEqual(self.exchange(b"a question"), b"a questionbye")

    def test_much_arrives_as_it_was_sent(self) -> None:
        said = b"".join(hashlib.sha256(bytes([i])).digest() * 8192 for i in range(128))
        heard = self.exchange(said)
        self.assertEqual(len(heard), len(said) + 3)
        self.assertEqual(hashlib.sha256(heard[:-3]).digest(), hashlib.sha256(said).digest())

    def test_many_visitors_come_at_once(self) -> None:
        with ThreadPoolExecutor(200) as crowd:
            heard = list(crowd.map(self.exchange, [f"{i}".encode() for i in range(400)]))
        self.assertEqual(heard, [f"{i}bye".encode() for i in range(400)])

    def test_datagrams_of_many_visitors_are_told_apart(self) -> None:
        self.wait_until_answered()
        with ThreadPoolExecutor(20) as crowd:
            self.assertEqual(list(crowd.map(self.ask_in_turns, range(20))), [[True] * 15] * 20)

    def test_a_visitor_is_served_again_after_the_client_was_killed(self) -> None:
        self.client.process.kill()
        self.client.start()
        self.wait_until_served("web")
        self.wait_until_answered()

    def test_a_visitor_is_served_again_after_the_server_was_killed(self) -> None:
        self.server.process.kill()
        self.server.start()
        self.wait_until_served("web")
        self.wait_until_answered()


class RatholeClientTest(_Carries, _TunnelCase):
    server_kind = LifeboatExit
    client_kind = RatholeClient

    def test_a_stream_outlives_a_change_of_the_clients_configuration(self) -> None:
        with self.open_stream():
            self.client.offer({"web": self.origin.port, "more": self.origin.port})
            self.wait_until_served("more")

    def test_a_newer_client_takes_over_and_streams_go_on(self) -> None:
        with self.open_stream():
            twin = RatholeClient(
                self.client.process.log.parent, self.client.tunnel, {"web": self.origin.port}
            )
            self.addCleanup(lambda: stop_all([twin.process]))
            twin.start()
            wait_until(lambda: "took over" in self.server.process.tail(50), "it took over", _LONG)
            self.wait_until_served("web")


class RatholeServerTest(_Carries, _TunnelCase):
    server_kind = RatholeServer
    client_kind = LifeboatConnector
