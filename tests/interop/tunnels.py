"""The four halves of a tunnel, ours and rathole's: each a program with its configuration."""

import hashlib
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.demo.processes import Process

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
TOKEN = "a-token-of-tests-and-benchmarks"

# A service's name → the port where its visitors come in, or where its target listens. A name that
# ends in "-udp" is of datagrams.
Services = Mapping[str, int]


def free_port() -> int:
    """One that the kernel gives now. Whoever binds it later may find it taken, and fails then."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def _protocol(service: str) -> str:
    return "udp" if service.endswith("-udp") else "tcp"


def rathole_program(quick: bool = True) -> str:
    """Where tests/interop/peers puts it, else whatever the PATH has; "" where there is none.

    Without `quick` only one that is built to be fast."""
    for built in (ROOT / ".peers/bin/rathole", ROOT / ".peers/quick/bin/rathole"):
        if built.exists() and (quick or built.parent.parent.name != "quick"):
            return str(built)
    return shutil.which("rathole") or ""


class Half:
    """A program that can be started again after it was stopped or killed."""

    def __init__(self, name: str, argv: list[str], directory: Path) -> None:
        self.process = Process(name, argv, directory)

    def start(self) -> None:
        self.process.start()


# ------------------------------------------------------------------------------------------ rathole


class RatholeServer(Half):
    def __init__(self, directory: Path, tunnel: int, services: Services) -> None:
        sections = "".join(
            f'[server.services.{name}]\ntype = "{_protocol(name)}"\n'
            f'bind_addr = "{LOOPBACK}:{port}"\n'
            for name, port in services.items()
        )
        file = directory / "rathole-server.toml"
        file.write_text(
            f'[server]\nbind_addr = "{LOOPBACK}:{tunnel}"\ndefault_token = "{TOKEN}"\n' + sections
        )
        program = rathole_program()
        super().__init__("rathole-server", [program, "--server", str(file)], directory)


class RatholeClient(Half):
    def __init__(self, directory: Path, tunnel: int, services: Services) -> None:
        self._file = directory / "rathole-client.toml"
        self.tunnel = tunnel
        self.offer(services)
        program = rathole_program()
        super().__init__("rathole-client", [program, "--client", str(self._file)], directory)

    def offer(self, services: Services) -> None:
        """Writes its configuration, which it reads anew while it runs."""
        sections = "".join(
            f'[client.services.{name}]\ntype = "{_protocol(name)}"\n'
            f'local_addr = "{LOOPBACK}:{port}"\n'
            for name, port in services.items()
        )
        remote = f'remote_addr = "{LOOPBACK}:{self.tunnel}"'
        self._file.write_text(f'[client]\n{remote}\ndefault_token = "{TOKEN}"\n' + sections)


# --------------------------------------------------------------------------------------------- ours


def _built(program: str) -> str:
    return str(ROOT / ".bazel/bin" / program)


class LifeboatExit(Half):
    """An exit node without a controller, which serves by its last instruction."""

    def __init__(self, directory: Path, tunnel: int, services: Services) -> None:
        pki, state = directory / "pki", directory / "exit-state"
        self._make_identity(pki)
        state.mkdir()
        (state / "instructions").write_bytes(_instruction(services))
        file = directory / "exit.yaml"
        file.write_text(
            f"identity: {{ca: {pki}/ca.pem, certificate: {pki}/exitnode-here.pem,"
            f" key: {pki}/exitnode-here.key}}\n"
            f'controllers: ["{LOOPBACK}:{free_port()}"]\n'
            f"state_directory: {state}\n"
            f'tunnel: "{LOOPBACK}:{tunnel}"\n'
            f'knock: "{LOOPBACK}:{free_port()}"\n'
            f"visitor_addresses: [{LOOPBACK}]\n"
            f'http: "{LOOPBACK}:{free_port()}"\n'
        )
        program = _built("exitnode/lifeboat-exitnode")
        super().__init__("lifeboat-exitnode", [program, "--config", str(file)], directory)

    @staticmethod
    def _make_identity(pki: Path) -> None:
        for words in (("init", "--trust-domain", "here.test"), ("issue", "exitnode", "here")):
            subprocess.run(
                [_built("controller/ctl/lifeboatctl"), "pki", *words, "--dir", str(pki)],
                check=True,
                stdout=subprocess.DEVNULL,
            )


def _instruction(services: Services) -> bytes:
    """As the exit node keeps its last one: a heading, a checksum, and the message."""
    sections = "".join(
        f'services {{ name: "{name}" token: "{TOKEN}" open: true'
        f" {_protocol(name)}_ports: {port} }}\n"
        for name, port in services.items()
    )
    message = subprocess.run(
        [
            "protoc",
            f"--proto_path={ROOT}",
            "--encode=lifeboat.v1.ExitInstruction",
            "proto/lifeboat/v1/exitnode.proto",
        ],
        input=f"epoch {{ generation: 1 revision: 1 }} sequence: 1\n{sections}".encode(),
        check=True,
        capture_output=True,
        cwd=ROOT,
    ).stdout
    checksum = hashlib.sha256(message).hexdigest()
    return b"lifeboat exit instructions 1\n" + checksum.encode() + b"\n" + message


class LifeboatConnector(Half):
    def __init__(self, directory: Path, tunnel: int, services: Services) -> None:
        (directory / "token").write_text(TOKEN)
        sections = "".join(
            f"  - {{name: {name}, protocol: {_protocol(name)}, token_file: token,"
            f' target: "{LOOPBACK}:{port}"}}\n'
            for name, port in services.items()
        )
        file = directory / "connector.yaml"
        file.write_text(
            f'exits:\n  - {{name: there, address: "{LOOPBACK}:{tunnel}"}}\n'
            f'services:\n{sections}http: "{LOOPBACK}:{free_port()}"\n'
        )
        program = _built("exitnode/lifeboat-connector")
        super().__init__("lifeboat-connector", [program, "--config", str(file)], directory)
