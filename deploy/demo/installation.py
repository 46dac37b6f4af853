"""Lifeboat's own programs in the world: identities, configuration files, processes."""

import json
import subprocess
import urllib.request
from pathlib import Path
from secrets import token_urlsafe

from deploy.demo import network
from deploy.demo.name_servers import EDGE_NAME, HOSTNAME, KEY_NAME, PANEL_NAMES, ZONE
from deploy.demo.network import run
from deploy.demo.policy import Policy, duration
from deploy.demo.processes import Process, listens, stop_all, wait_until
from deploy.demo.web_servers import ECHO_EDGE, ECHO_EXIT
from deploy.demo.world import World

SERVICE = "web"
EXIT_NAME = "ams"
PROGRAMS = {
    "lifeboat-agent": "agent/lifeboat-agent",
    "lifeboat-exitnode": "exitnode/lifeboat-exitnode",
    "lifeboat-connector": "exitnode/lifeboat-connector",
    "lifeboat-controller": "controller/lifeboat-controller",
    "lifeboatctl": "controller/ctl/lifeboatctl",
}
BUILD_TARGETS = [f"//{path.replace('/lifeboat', ':lifeboat')}" for path in PROGRAMS.values()]

_VANTAGES = {  # name: AS number, country, continent
    "fra": (64496, "DE", "EU"),
    "lon": (64497, "GB", "EU"),
    "nyc": (64498, "US", "NA"),
}
_GRPC, _TUNNEL, _KNOCK = 7443, 2333, 7444
_CONTROLLER_ADDRESS = f"{network.CONTROLLER}:{_GRPC}"
STATUS_PAGE = ("127.0.0.1", 9440)  # of the namespace
_STATE = "http://{}:{}/api/v1/state".format(*STATUS_PAGE)
_AGENT_METRICS = {"fra": 9451, "lon": 9452, "nyc": 9453}


class CommandFailed(RuntimeError):
    """lifeboatctl ended with another code than 0; says which, and what it printed."""


class Installation:
    """Five programs. `programs` is the folder that they were built into."""

    def __init__(self, world: World, programs: Path, policy: Policy) -> None:
        self.world = world
        self.policy = policy
        self.directory = world.directory / "lifeboat"
        self.directory.mkdir()
        self.pki = self.directory / "pki"
        self.journal = self.directory / "journal.db"
        self._programs = {name: programs / path for name, path in PROGRAMS.items()}
        for program in self._programs.values():
            if not program.exists():
                raise FileNotFoundError(f"{program} is not built; leave --no-build out")
        self.controller = self._process("lifeboat-controller", "controller")
        self.exit = self._process("lifeboat-exitnode", "exitnode")
        self.connector = self._process("lifeboat-connector", "connector")
        self.agents = {name: self._process("lifeboat-agent", f"agent-{name}") for name in _VANTAGES}

    def _process(self, program: str, name: str) -> Process:
        argv = [str(self._programs[program]), "--config", str(self._file(name))]
        return Process(name, argv, self.world.logs)

    def _file(self, name: str) -> Path:
        return self.directory / f"{name}.yaml"

    @property
    def processes(self) -> list[Process]:
        return [self.controller, self.exit, self.connector, *self.agents.values()]

    # ------------------------------------------------------------------------- before the start

    def prepare(self) -> None:
        """Makes identities and configuration files."""
        self.make_identities()
        self.write_secrets()
        self.write("controller", self.controller_yaml())
        self.write("exitnode", self._exit_yaml())
        self.write("connector", self._connector_yaml())
        self.write(
            "ctl", f"{self._identity('person', 'demo')}controllers: [{_CONTROLLER_ADDRESS}]\n"
        )
        for name in self.agents:
            self.write(f"agent-{name}", self.agent_yaml(name))

    def make_identities(self) -> None:
        self.make_authority(self.pki)
        roles = [("controller", "home"), ("exitnode", EXIT_NAME), ("person", "demo")]
        for role, name in roles + [("agent", name) for name in _VANTAGES]:
            self.issue(self.pki, role, name)

    def make_authority(self, pki: Path) -> None:
        self._pki("init", "--trust-domain", ZONE, "--dir", str(pki))

    def issue(self, pki: Path, role: str, name: str) -> None:
        self._pki("issue", role, name, "--dir", str(pki))

    def _pki(self, verb: str, *arguments: str) -> None:
        run(str(self._programs["lifeboatctl"]), "pki", verb, *arguments)

    def write_secrets(self) -> None:
        secrets = {
            "tsig.key": self.world.names.secret,
            "web.token": token_urlsafe(24),
            "web.echo": token_urlsafe(48),
        }
        for name, secret in secrets.items():
            path = self.directory / name
            path.touch(mode=0o600)
            path.write_text(secret + "\n")

    def write(self, name: str, text: str) -> None:
        self._file(name).write_text(text)

    def _identity(self, role: str, name: str) -> str:
        pair = f"{self.pki}/{role}-{name}"
        return f"identity: {{ca: {self.pki}/ca.pem, certificate: {pair}.pem, key: {pair}.key}}\n"

    def controller_yaml(self) -> str:
        vantages = "".join(
            f"  - {{name: {name}, asn: {asn}, country: {country}, continent: {continent},"
            f" source_address: {network.AGENTS[name]}}}\n"
            for name, (asn, country, continent) in _VANTAGES.items()
        )
        return f"""\
listen: {{grpc: "{_CONTROLLER_ADDRESS}", http: "{STATUS_PAGE[0]}:{STATUS_PAGE[1]}"}}
{self._identity("controller", "home")}\
journal: {{sqlite: {{path: {self.journal}}}}}
resolvers: [{", ".join(network.RESOLVERS)}]
panel: [{", ".join(f'"https://{name}/"' for name in PANEL_NAMES)}]
panel_interval: {duration(self.policy.seconds_per_probe)}
probe_ca_file: {self.world.public.ca_file}
vantages:
{vantages}\
exits:
  - {{name: {EXIT_NAME}, addresses: [{network.EXIT}], asn: 64500, country: NL}}
levers:
  - name: own
    rfc2136:
      server: "{network.PRIMARY}:53"
      zone: {ZONE}
      key: {{name: {KEY_NAME}, algorithm: hmac-sha256, secret_file: tsig.key}}
      timeout: 1s
services:
  - name: {SERVICE}
    hostname: {HOSTNAME}
    edge:
      records: [{{type: CNAME, value: "{EDGE_NAME}."}}]
      pinned: [{network.EDGE}]
    exits: [{EXIT_NAME}]
    tunnel: {{token_file: web.token}}
    levers: [own]
    echo: {{key_file: web.echo}}
{self.policy.yaml()}"""

    def _exit_yaml(self) -> str:
        return f"""\
{self._identity("exitnode", EXIT_NAME)}\
controllers: [{_CONTROLLER_ADDRESS}]
state_directory: {self.directory}/exitnode-state
tunnel: "{network.EXIT}:{_TUNNEL}"
knock: "{network.EXIT}:{_KNOCK}"
visitor_addresses: [{network.EXIT}]
"""

    def _connector_yaml(self) -> str:
        return f"""\
exits:
  - {{name: {EXIT_NAME}, address: "{network.EXIT}:{_TUNNEL}"}}
services:
  - name: {SERVICE}
    token_file: web.token
    target: "{network.ORIGIN}:443"
    echo:
      key_file: web.echo
      listeners:
        - {{path: edge, listen: "{ECHO_EDGE}"}}
        - {{path: exit/{EXIT_NAME}, listen: "{ECHO_EXIT}"}}
"""

    def agent_yaml(self, name: str) -> str:
        return f"""\
{self._identity("agent", name)}\
controllers: [{_CONTROLLER_ADDRESS}]
http: "127.0.0.1:{_AGENT_METRICS[name]}"
"""

    # -------------------------------------------------------------------------------- running it

    def start(self) -> None:
        """Starts all programs and waits until the controller answers."""
        (self.directory / "exitnode-state").mkdir(exist_ok=True)
        for process in self.processes:
            process.start()
        self.wait_for_controller()

    def wait_for_controller(self) -> None:
        def answers() -> bool:
            self.controller.must_live()
            return listens(*STATUS_PAGE)

        wait_until(answers, "the controller answers", 20)

    def stop(self) -> None:
        stop_all(self.processes)

    def must_live(self) -> None:
        for process in self.processes:
            process.must_live()

    # ------------------------------------------------------------------------------- asking it

    def ctl_argv(self, *arguments: str) -> list[str]:
        program = str(self._programs["lifeboatctl"])
        return [program, "--config", str(self._file("ctl")), *arguments]

    def ctl(self, *arguments: str) -> str:
        """What lifeboatctl prints; raises CommandFailed."""
        done = subprocess.run(self.ctl_argv(*arguments), capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            words = (done.stderr + done.stdout).strip()
            raise CommandFailed(
                f"lifeboatctl {' '.join(arguments)} ended with {done.returncode}: {words}"
            )
        return done.stdout

    def explain(self, what: str) -> dict:
        """The ExplainResponse of proto/lifeboat/v1/admin.proto, of a service or an event."""
        return json.loads(self.ctl("explain", what, "-o", "json"))

    def status(self) -> dict:
        """The StatusView of proto/lifeboat/v1/admin.proto, from the status page; raises OSError."""
        with urllib.request.urlopen(_STATE, timeout=5) as answer:
            return json.load(answer)

    def service(self) -> dict:
        """The part of the status that is about the one service. A controller that has just started
        answers a moment before it has looked at anything."""
        services = wait_until(
            lambda: self.status()["services"], "the controller has looked at its services", 5
        )
        return services[0]
