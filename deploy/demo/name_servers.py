"""BIND 9: the service's zone on a primary and a secondary, the edge's own zone, two resolvers."""

import secrets
import shutil
from base64 import b64encode
from pathlib import Path

from deploy.demo import dns, network
from deploy.demo.processes import Process, wait_until

ZONE = "lifeboat.test"
HOSTNAME = "app.lifeboat.test"
OWNERSHIP = "_lifeboat.app.lifeboat.test"
EDGE_ZONE = "edge.test"
EDGE_NAME = "app.edge.test"
PANEL_NAMES = ("one.panel.test", "two.panel.test", "three.panel.test")
KEY_NAME = "lifeboat"
TTL = 5  # seconds, of the service's records

_OPTIONS = """
options {{
    directory "{directory}";
    pid-file none;
    session-keyfile "{directory}/session.key";
    lock-file none;
    listen-on {{ {address}; }};
    listen-on-v6 {{ none; }};
    query-source address {address};
    dnssec-validation no;
    max-cache-size 8m;
    querylog no;
{more}
}};
controls {{ }};
"""
_AUTHORITY = """    recursion no;
    minimal-responses yes;
    notify-delay 0;
    startup-notify-rate 100;
    serial-query-rate 100;
    transfer-source {address};
    notify-source {address};"""
_RESOLVER = """    recursion yes;
    allow-recursion {{ any; }};
    max-cache-ttl 1;
    max-ncache-ttl 1;
    servfail-ttl 0;
    qname-minimization off;
    empty-zones-enable no;"""

_PRIMARY = """
zone "{zone}" {{
    type primary;
    file "{directory}/{zone}.zone";
    notify explicit;
    also-notify {{ {secondary} key "{key}"; }};
    allow-transfer {{ key "{key}"; }};
    {rights}
}};
"""
_RIGHTS = f"""update-policy {{
        grant {KEY_NAME} name {HOSTNAME}. A AAAA CNAME;
        grant {KEY_NAME} name {OWNERSHIP}. TXT;
    }};"""
_SECONDARY = """
zone "{zone}" {{
    type secondary;
    file "{directory}/{zone}.zone";
    primaries {{ {primary} key "{key}"; }};
    notify no;
}};
"""
_STATIC_ZONE = """
zone "{zone}." {{ type primary; file "{directory}/{zone}.zone"; notify no; }};
"""
_STUB = """
zone "{zone}" {{ type static-stub; server-addresses {{ {servers} }}; }};
"""
_HEAD = """$ORIGIN {zone}.
$TTL 1
@ 60 IN SOA {server}. hostmaster.{server}. 1 3600 600 604800 1
@ 60 IN NS {server}.
"""


class NameServer:
    """One named in a folder of its own."""

    def __init__(self, name: str, address: str, home: Path, logs: Path) -> None:
        self.name = name
        self.address = address
        self.directory = home / name
        self.directory.mkdir()
        self._configuration = self.directory / "named.conf"
        # A copy, because Debian's AppArmor profile lets /usr/sbin/named read few folders.
        program = home / "named"
        if not program.exists():
            shutil.copy("/usr/sbin/named", program)
        self.process = Process(
            name, [str(program), "-g", "-n", "1", "-c", str(self._configuration)], logs
        )

    def write_zone(self, zone: str, server: str, lines: str = "") -> None:
        """`zone` is an apex without its final dot; the root is empty."""
        text = _HEAD.format(zone=zone, server=server) + lines
        (self.directory / f"{zone}.zone").write_text(text)

    def start(self, options: str, body: str) -> None:
        values = {"directory": self.directory, "address": self.address}
        more = options.format(**values)
        self._configuration.write_text(_OPTIONS.format(more=more, **values) + body)
        network.run("named-checkconf", str(self._configuration))
        self.process.start()


class NameServers:
    """Every name server of the world, and the key that may move the service's name."""

    def __init__(self, home: Path, logs: Path) -> None:
        home.mkdir()
        self.secret = b64encode(secrets.token_bytes(32)).decode()
        self._key = f'key "{KEY_NAME}" {{ algorithm hmac-sha256; secret "{self.secret}"; }};\n'
        self.primary = NameServer("ns1", network.PRIMARY, home, logs)
        self.secondary = NameServer("ns2", network.SECONDARY, home, logs)
        self.edge = NameServer("edge-ns", network.EDGE_NAME_SERVER, home, logs)
        self.resolvers = [
            NameServer(f"resolver{number}", address, home, logs)
            for number, address in enumerate(network.RESOLVERS, 1)
        ]

    @property
    def all(self) -> list[NameServer]:
        return [self.primary, self.secondary, self.edge, *self.resolvers]

    def start(self) -> None:
        self._start_service_zone()
        self.start_edge_zone()
        for resolver in self.resolvers:
            self._start_resolver(resolver)

    def start_edge_zone(self) -> None:
        lines = f"ns IN A {network.EDGE_NAME_SERVER}\napp {TTL} IN A {network.EDGE}\n"
        self.edge.write_zone(EDGE_ZONE, f"ns.{EDGE_ZONE}", lines)
        body = _STATIC_ZONE.format(zone=EDGE_ZONE, directory=self.edge.directory)
        self.edge.start(_AUTHORITY, body)

    def _start_service_zone(self) -> None:
        lines = (
            f"@ 60 IN NS ns2.{ZONE}.\n"
            f"ns1 60 IN A {network.PRIMARY}\nns2 60 IN A {network.SECONDARY}\n"
            f"app {TTL} IN CNAME {EDGE_NAME}.\n"
        )
        self.primary.write_zone(ZONE, f"ns1.{ZONE}", lines)
        self.start_primary()
        self.start_secondary()

    def start_primary(self, key_line: str = "", rights: str = _RIGHTS) -> None:
        """Starts the primary; tests give it another key or grant other rights."""
        body = _PRIMARY.format(
            zone=ZONE,
            directory=self.primary.directory,
            secondary=network.SECONDARY,
            key=KEY_NAME,
            rights=rights,
        )
        self.primary.start(_AUTHORITY, (key_line or self._key) + body)

    def start_secondary(self) -> None:
        body = _SECONDARY.format(
            zone=ZONE, directory=self.secondary.directory, primary=network.PRIMARY, key=KEY_NAME
        )
        self.secondary.start(_AUTHORITY, self._key + body)

    def _start_resolver(self, resolver: NameServer) -> None:
        names = zip(PANEL_NAMES, network.PANEL, strict=True)
        hosts = "".join(f"{name}. IN A {address}\n" for name, address in names)
        resolver.write_zone("panel.test", PANEL_NAMES[0], hosts)
        resolver.write_zone("", "nowhere.test")  # the rest of the world does not exist
        stubs = {
            ZONE: f"{network.PRIMARY}; {network.SECONDARY};",
            EDGE_ZONE: f"{network.EDGE_NAME_SERVER};",
        }
        body = "".join(_STUB.format(zone=zone, servers=servers) for zone, servers in stubs.items())
        for zone in ("panel.test", ""):
            body += _STATIC_ZONE.format(zone=zone, directory=resolver.directory)
        resolver.start(_RESOLVER, body)

    def wait(self) -> None:
        """Until each answers what it is there for."""
        questions = [(server.address, HOSTNAME) for server in self.all if server is not self.edge]
        questions.append((network.EDGE_NAME_SERVER, EDGE_NAME))
        for server, name in questions:
            wait_until(lambda: _answers(server, name), f"{server} answers for {name}", 20)

    @property
    def processes(self) -> list[Process]:
        return [server.process for server in self.all]


def _answers(server: str, name: str) -> bool:
    try:
        return bool(dns.ask(server, name, "A", timeout=0.3, recursive=True).records)
    except dns.NoAnswer:
        return False
