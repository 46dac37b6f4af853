"""nginx three times: the origin, the edge, and a panel that shares nothing with the edge."""

import signal
from pathlib import Path

from deploy.demo import network
from deploy.demo.certificates import Pair
from deploy.demo.name_servers import HOSTNAME, PANEL_NAMES
from deploy.demo.processes import Process, listens, wait_until

MARKER = "X-Lifeboat-Origin"  # only the origin sets it
EDGE_MARK = "X-Edge"  # only the edge sets it
HEALTH_PATH = "/healthz"
ECHO_PATH = "/.well-known/lifeboat/echo"
ECHO_EDGE, ECHO_EXIT = "127.0.0.1:9460", "127.0.0.1:9461"  # the connector's, for each way a port
PAGE = "Here is the origin."

_FRAME = """
daemon off;
user root;
worker_processes 1;
worker_shutdown_timeout 1s;
pid {directory}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server_tokens off;
    default_type text/plain;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{servers}
}}
"""
_TLS = """
        ssl_certificate {pair.certificate};
        ssl_certificate_key {pair.key};"""
_ORIGIN = """
    server {{
        listen {address}:{port};
        server_name {hostname};{tls}
        add_header {marker} demonstration always;
        location = {health} {{ return 200 "well\\n"; }}
        location = {echo} {{ proxy_pass http://{echo_listener}; }}
        location / {{ return 200 "{page}\\n"; }}
    }}"""
_EDGE = """
    server {{
        listen {address}:443 ssl;
        server_name {hostname};{tls}
        add_header {mark} demonstration always;
{rules}
        location / {{
            proxy_pass {upstream};
            proxy_connect_timeout 1s;
            proxy_set_header Host $host;
        }}
    }}"""
_PANEL = """
    server {{
        listen {address}:443 ssl;
        server_name {name};{tls}
        location / {{ return 200 "well\\n"; }}
    }}"""


class WebServer:
    """One nginx in a folder of its own."""

    def __init__(self, name: str, address: str, home: Path, logs: Path) -> None:
        self.name = name
        self.address = address
        self.directory = home / name
        self.directory.mkdir()
        self._configuration = self.directory / "nginx.conf"
        # Until its own error_log is read, nginx would write to /var/log.
        early_log = f"error_log {self.directory}/error.log;"
        self.process = Process(
            name, ["nginx", "-c", str(self._configuration), "-g", early_log], logs
        )

    def configure(self, servers: str) -> None:
        text = _FRAME.format(directory=self.directory, servers=servers)
        self._configuration.write_text(text)

    def start(self) -> None:
        self.process.start()
        self.wait()

    def wait(self) -> None:
        def ready() -> bool:
            self.process.must_live()
            return listens(self.address, 443)

        wait_until(ready, f"{self.name} listens at {self.address}:443", 10)

    def reload(self) -> None:
        """New connections see the new configuration some 50 ms later."""
        self.process.send(signal.SIGHUP)

    def stop(self) -> None:
        self.process.stop()


class WebServers:
    """Every web server of the world."""

    def __init__(self, home: Path, logs: Path, good: Pair, expired: Pair, panel: Pair) -> None:
        home.mkdir()
        self._good, self._expired, self._panel_pair = good, expired, panel
        self.origin = WebServer("origin", network.ORIGIN, home, logs)
        self.edge = WebServer("edge", network.EDGE, home, logs)
        self.panel = WebServer("panel", network.PANEL[0], home, logs)

    @property
    def all(self) -> list[WebServer]:
        return [self.origin, self.edge, self.panel]

    def start(self) -> None:
        self.origin.configure(
            self._origin("80", "", ECHO_EDGE)  # what the edge fetches
            + self._origin("443 ssl", _TLS.format(pair=self._good), ECHO_EXIT)  # the tunnel's end
        )
        tls = _TLS.format(pair=self._panel_pair)
        panel = zip(PANEL_NAMES, network.PANEL, strict=True)
        self.panel.configure(
            "".join(_PANEL.format(address=address, name=name, tls=tls) for name, address in panel)
        )
        self.configure_edge()
        for server in self.all:
            server.start()

    @staticmethod
    def _origin(port: str, tls: str, echo_listener: str) -> str:
        return _ORIGIN.format(
            address=network.ORIGIN,
            port=port,
            hostname=HOSTNAME,
            tls=tls,
            marker=MARKER,
            health=HEALTH_PATH,
            echo=ECHO_PATH,
            echo_listener=echo_listener,
            page=PAGE,
        )

    def configure_edge(
        self,
        upstream_port: int = 80,
        expired: bool = False,
        denied: tuple[str, ...] = (),
        captive: tuple[str, ...] = (),
        cached: bool = False,
    ) -> None:
        """Writes the edge's configuration, well unless told otherwise. Takes effect by reload().

        `captive` addresses are answered 200 whatever they ask for; `cached`: so is everybody who
        asks for the health page.
        """
        rules = "".join(f"        deny {address};\n" for address in denied)
        for address in captive:
            rules += f'        if ($remote_addr = {address}) {{ return 200 "welcome\\n"; }}\n'
        if cached:
            rules += f'        location = {HEALTH_PATH} {{ return 200 "well\\n"; }}\n'
        pair = self._expired if expired else self._good
        self.edge.configure(
            _EDGE.format(
                address=network.EDGE,
                hostname=HOSTNAME,
                tls=_TLS.format(pair=pair),
                mark=EDGE_MARK,
                rules=rules,
                upstream=f"http://{network.ORIGIN}:{upstream_port}",
            )
        )

    @property
    def processes(self) -> list[Process]:
        return [server.process for server in self.all]
