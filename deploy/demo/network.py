"""The network that everything runs in: a namespace of its own, with one address a role."""

import ctypes
import os
import shutil
import subprocess
import threading

CLIENT_OF_SERVERS = "10.77.0.90"  # asks afresh before every fetch
CLIENT_WITH_CACHE = "10.77.0.91"  # keeps answers for their TTL, as browsers do
WATCHER = "10.77.0.92"  # watches what the authoritative servers say

ORIGIN = "10.77.0.10"
EDGE = "10.77.0.20"
EXIT = "10.77.0.30"
CONTROLLER = "10.77.0.40"
PRIMARY = "10.77.0.51"
SECONDARY = "10.77.0.52"
EDGE_NAME_SERVER = "10.77.0.53"
RESOLVERS = ("10.77.0.61", "10.77.0.62")
PANEL = ("10.77.0.71", "10.77.0.72", "10.77.0.73")
AGENTS = {"fra": "10.77.0.81", "lon": "10.77.0.82", "nyc": "10.77.0.83"}

EVERY_ADDRESS = (
    *(CLIENT_OF_SERVERS, CLIENT_WITH_CACHE, WATCHER),
    *(ORIGIN, EDGE, EXIT, CONTROLLER, PRIMARY, SECONDARY, EDGE_NAME_SERVER),
    *RESOLVERS,
    *PANEL,
    *AGENTS.values(),
)

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


class Namespace:
    """A network namespace without a name: the kernel removes it with the last process in it.

    Enter it before starting threads or processes that belong in it; they inherit it.
    """

    def __init__(self) -> None:
        assert threading.current_thread() is threading.main_thread()
        self._outside = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _check(_libc.unshare(_CLONE_NEWNET), "making a network namespace (are you root?)")
        run("ip", "link", "set", "lo", "up")
        for address in EVERY_ADDRESS:
            run("ip", "address", "add", f"{address}/32", "dev", "lo")
        self._cuts: set[str] = set()

    def leave(self) -> None:
        """Takes this thread back to where it came from."""
        _check(_libc.setns(self._outside, _CLONE_NEWNET), "leaving the network namespace")
        os.close(self._outside)

    # Rules are nftables expressions on what leaves a socket, such as "ip saddr 10.77.0.81".

    def cut(self, *rules: str) -> None:
        """Drops every packet that matches one of the rules, on top of what is cut already."""
        self._apply(self._cuts | set(rules))

    def mend(self, *rules: str) -> None:
        """Undoes cut() for these rules; without any, for all."""
        self._apply(self._cuts - set(rules) if rules else set())

    def _apply(self, cuts: set[str]) -> None:
        drops = "".join(f"{rule} drop\n" for rule in sorted(cuts))
        table = "table inet faults"
        script = f"{table}\ndelete {table}\n"  # declared first, so that deleting it never fails
        if cuts:
            script += (
                f"{table} {{\nchain out {{\ntype filter hook output priority 0\n{drops}}}\n}}\n"
            )
        run("nft", "-f", "-", stdin=script)
        self._cuts = cuts


def can_cut() -> bool:
    """Whether this machine has nftables, to be asked inside the namespace."""
    if not shutil.which("nft"):
        return False
    probe = "table inet probe\ndelete table inet probe\n"
    return (
        subprocess.run(["nft", "-f", "-"], input=probe, text=True, capture_output=True).returncode
        == 0
    )


def run(*argv: str, stdin: str | None = None, timeout: float = 60) -> str:
    """Runs a command to its end; returns what it printed, or raises with it."""
    done = subprocess.run(argv, input=stdin, text=True, capture_output=True, timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout
