"""What every subject leads to, and the ports that it does so at."""

from dataclasses import dataclass
from pathlib import Path

from deploy.demo.processes import Process, listens, wait_until
from tests.interop.tunnels import LOOPBACK, free_port

_PAGE = "x" * 1024

_NGINX = """\
daemon off;
pid {directory}/origin.pid;
error_log {directory}/origin.error.log crit;
worker_processes 1;
worker_rlimit_nofile 20000;
events {{ worker_connections 10000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {directory}/origin.body;
  proxy_temp_path {directory}/origin.proxy;
  fastcgi_temp_path {directory}/origin.fastcgi;
  uwsgi_temp_path {directory}/origin.uwsgi;
  scgi_temp_path {directory}/origin.scgi;
  server {{
    listen {address}:{port} backlog=4096;
    location / {{ return 200 "{page}"; }}
  }}
}}
"""


@dataclass(frozen=True)
class Ports:
    """One of each load."""

    web: int  # HTTP
    bulk: int  # iperf3


def free_ports() -> Ports:
    return Ports(web=free_port(), bulk=free_port())


class Origin:
    """nginx with a page of a kilobyte, and an iperf3 server."""

    def __init__(self, directory: Path) -> None:
        self.ports = free_ports()
        configuration = directory / "origin.conf"
        configuration.write_text(
            _NGINX.format(
                directory=directory, address=LOOPBACK, port=self.ports.web, page=_PAGE
            )
        )
        bulk = ["iperf3", "-s", "-B", LOOPBACK, "-p", str(self.ports.bulk)]
        self.processes = [
            Process("origin-nginx", ["nginx", "-c", str(configuration)], directory),
            Process("origin-iperf3", bulk, directory),
        ]

    def start(self) -> None:
        for process in self.processes:
            process.start()
        for port in (self.ports.web, self.ports.bulk):
            wait_until(lambda: listens(LOOPBACK, port), f"the origin listens at {port}", 10)
