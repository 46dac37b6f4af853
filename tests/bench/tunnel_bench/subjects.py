"""Whoever carries a visitor to the origin: the tunnel, its peers, and nobody."""

import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

from deploy.demo.processes import Process, listens, stop_all, wait_until
from tests.bench.tunnel_bench.origin import Ports, free_ports
from tests.interop.tunnels import (
    LOOPBACK,
    LifeboatConnector,
    LifeboatExit,
    RatholeClient,
    RatholeServer,
    free_port,
    rathole_program,
)

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")


class Subject:
    """A name, processes, and the ports where visitors come in. Stopped and started by `run`."""

    name = "direct"

    def __init__(self, origin: Ports, directory: Path) -> None:
        self.origin = origin
        self.directory = directory / self.name
        self.directory.mkdir()
        self.visitors = origin
        self.processes: list[Process] = []

    def start(self) -> None:
        for process in self.processes:
            process.start()
        for port in (self.visitors.web, self.visitors.bulk):
            wait_until(lambda: listens(LOOPBACK, port), f"{self.name} listens at {port}", 20)

    def stop(self) -> None:
        stop_all(self.processes)

    def _process(self, label: str, *argv: str) -> Process:
        return Process(f"{self.name}-{label}", list(argv), self.directory)

    def _pids(self) -> list[int]:
        """Of all processes and their children, workers that is."""
        pids = []
        for process in self.processes:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            pids += [process.pid, *map(int, children.split())]
        return pids

    def cpu_seconds(self) -> float:
        """User and system, of every thread since the start."""
        ticks = 0
        for pid in self._pids():
            stat = Path(f"/proc/{pid}/stat").read_text()
            fields = stat.rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS

    def resident_bytes(self) -> int:
        return sum(
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
            for pid in self._pids()
        )


class Nginx(Subject):
    """One hop, without a tunnel: what a plain proxy costs."""

    name = "nginx"

    def __init__(self, origin: Ports, directory: Path) -> None:
        super().__init__(origin, directory)
        self.visitors = free_ports()
        servers = "\n".join(
            f"  server {{ listen {LOOPBACK}:{port} backlog=4096; proxy_pass {LOOPBACK}:{to}; }}"
            for port, to in ((self.visitors.web, origin.web), (self.visitors.bulk, origin.bulk))
        )
        load = f"load_module {_STREAM_MODULE};\n" if _STREAM_MODULE.exists() else ""
        configuration = self.directory / "nginx.conf"
        configuration.write_text(
            f"{load}daemon off;\npid {self.directory}/pid;\n"
            f"error_log {self.directory}/error.log crit;\n"
            "worker_processes 2;\nworker_rlimit_nofile 20000;\n"
            f"events {{ worker_connections 10000; }}\nstream {{\n{servers}\n}}\n"
        )
        self.processes = [self._process("proxy", "nginx", "-c", str(configuration))]

    @staticmethod
    def missing() -> str:
        told = subprocess.run(["nginx", "-V"], capture_output=True, text=True).stderr
        has = _STREAM_MODULE.exists() or "--with-stream " in told
        return "" if has else "nginx has no stream module"


class Haproxy(Subject):
    """Likewise."""

    name = "haproxy"

    def __init__(self, origin: Ports, directory: Path) -> None:
        super().__init__(origin, directory)
        self.visitors = free_ports()
        sections = "".join(
            f"listen {name}\n  bind {LOOPBACK}:{port}\n  server origin {LOOPBACK}:{to}\n"
            for name, port, to in (
                ("web", self.visitors.web, origin.web),
                ("bulk", self.visitors.bulk, origin.bulk),
            )
        )
        configuration = self.directory / "haproxy.cfg"
        configuration.write_text(
            "global\n  maxconn 7500\n  nbthread 2\n"
            "defaults\n  mode tcp\n  option splice-auto\n  maxconn 7500\n"
            "  timeout connect 5s\n  timeout client 300s\n  timeout server 300s\n" + sections
        )
        self.processes = [self._process("proxy", "haproxy", "-db", "-f", str(configuration))]

    @staticmethod
    def missing() -> str:
        return "" if shutil.which("haproxy") else "haproxy is not installed"


class Rathole(Subject):
    """Its own server and its own client."""

    name = "rathole"
    halves = (RatholeServer, RatholeClient)

    def __init__(self, origin: Ports, directory: Path) -> None:
        super().__init__(origin, directory)
        self.visitors = free_ports()
        tunnel = free_port()
        server, client = self.halves
        self.processes = [
            server(self.directory, tunnel, asdict(self.visitors)).process,
            client(self.directory, tunnel, asdict(origin)).process,
        ]

    def start(self) -> None:
        super().start()
        wait_until(self._serves, f"{self.name}'s tunnel is up", 20)

    def _serves(self) -> bool:
        url = f"http://{LOOPBACK}:{self.visitors.web}/"
        return subprocess.run(["curl", "-sf", "-m", "2", "-o", "/dev/null", url]).returncode == 0

    @staticmethod
    def missing() -> str:
        fast = rathole_program(quick=False)
        return "" if fast else "rathole is not installed, or not to be fast (tests/interop/peers)"


class Lifeboat(Rathole):
    """Exit node and connector."""

    name = "lifeboat"
    halves = (LifeboatExit, LifeboatConnector)


PEERS = (Nginx, Haproxy, Rathole)
