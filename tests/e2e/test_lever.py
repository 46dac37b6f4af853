"""A lever that does not work: it says why, the intent waits for it, and it is tried again."""

from deploy.demo import network
from deploy.demo.expectations import AT_EXIT
from deploy.demo.name_servers import KEY_NAME
from tests.e2e.worlds import InstalledCase

_OTHER_KEY = f'key "{KEY_NAME}" {{ algorithm hmac-sha256; secret "{"A" * 43}="; }};\n'
# A lever in trouble is asked each 30 to 36 s; after its first good answer the intent goes on.
_ASKED_AGAIN = 45
_TO_PRIMARY = [
    f"ip saddr != {network.WATCHER} ip daddr {network.PRIMARY} {protocol} dport 53"
    for protocol in ("udp", "tcp")
]


class LeverTest(InstalledCase):
    def restart_primary(self, **how: str) -> None:
        self.world.names.primary.process.stop()
        self.world.names.start_primary(**how)
        self.world.names.wait()

    def lever(self) -> dict:
        return (self.view().get("levers") or [{}])[0]

    def wait_for_lever(self, state: str, *words: str) -> None:
        def so(_: dict) -> bool:
            lever = self.lever()
            why = lever.get("why", "")
            return lever.get("state") == state and all(word in why for word in words)

        self.wait_for(so, f"lever own is {state} and says {words}")

    def check_trouble(self, state: str, *words: str) -> None:
        """With a lever in trouble: the intent says so and waits; called after the trouble began."""
        self.wait_for_lever(state, *words)
        since = self.inject("502")
        self.wait_for_verdict("DOWN")
        self.wait_for(lambda service: service.get("waiting_for"), "it says what it waits for")
        self.assert_nothing_moves(since, 2)

    def test_a_wrong_key_is_said_and_tried_again(self) -> None:
        self.start()
        self.restart_primary(key_line=_OTHER_KEY)
        self.check_trouble("UNAUTHORIZED", "BADSIG")
        self.restart_primary()
        self.wait_until_served_by("exit/ams", _ASKED_AGAIN)
        self.assert_dns(AT_EXIT)

    def test_a_zone_that_refuses_updates_is_said_and_tried_again(self) -> None:
        self.start()
        self.restart_primary(rights="allow-update { none; };")
        self.check_trouble("UNAUTHORIZED", "REFUSED")
        self.restart_primary()
        self.wait_until_served_by("exit/ams", _ASKED_AGAIN)
        self.assert_dns(AT_EXIT)

    def test_a_silent_primary_is_said_and_tried_again(self) -> None:
        self.start()
        self.world.network.cut(*_TO_PRIMARY)
        self.check_trouble("DOWN", network.PRIMARY)
        self.world.network.mend()
        self.wait_until_served_by("exit/ams", _ASKED_AGAIN)
        self.assert_dns(AT_EXIT)
