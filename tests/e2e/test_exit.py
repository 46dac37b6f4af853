"""The exit node and its tunnel, left alone and under strangers."""

import os
import re
import socket
import urllib.request

from deploy.demo import network
from deploy.demo.expectations import AT_EXIT
from deploy.demo.processes import wait_until
from tests.e2e.worlds import LONG, InstalledCase

_TUNNEL = (network.EXIT, 2333)
_METRICS = "http://127.0.0.1:9441/metrics"


class ExitTest(InstalledCase):
    def fetch_through_exit(self, source: str = network.CLIENT_OF_SERVERS) -> str:
        """What a visitor from `source` meets at the exit's address."""
        try:
            return self.world.page.fetch(network.EXIT, source)
        except OSError as error:
            return str(error)

    def handshakes_refused(self) -> int:
        text = urllib.request.urlopen(_METRICS, timeout=5).read().decode()
        outcomes = re.findall(r'^\w+_handshakes_total\{outcome="(\w+)"\} (\d+)', text, re.M)
        self.assertTrue(outcomes, text)
        return sum(int(n) for outcome, n in outcomes if outcome not in ("control", "data"))

    def test_in_stand_by_it_answers_those_who_knocked_and_nobody_else(self) -> None:
        self.start()
        self.assertEqual(self.fetch_through_exit(network.AGENTS["fra"]), "200")
        self.assertIn("timed out", self.fetch_through_exit())

    def test_once_open_it_serves_on_without_a_controller_and_after_a_crash(self) -> None:
        self.start()
        self.inject("502")
        self.wait_until_served_by("exit/ams")
        self.installation.controller.kill()
        self.assertEqual(self.fetch_through_exit(), "200")
        self.installation.exit.kill()
        self.installation.exit.start()
        wait_until(lambda: self.fetch_through_exit() == "200", "it serves again", LONG)
        self.installation.controller.start()
        self.installation.wait_for_controller()
        self.wait_until_served_by("exit/ams")
        self.assert_dns(AT_EXIT)
        self.assertEqual(self.fetch_through_exit(), "200")

    def test_a_connector_with_a_wrong_token_is_refused_and_the_service_is_unarmed(self) -> None:
        self.start()
        connector = self.installation.connector
        connector.stop()
        (self.installation.directory / "web.token").write_text("not the token of this service\n")
        before = self.handshakes_refused()
        connector.start()
        self.wait_for(lambda service: not service["armed"], "it is unarmed")
        wait_until(lambda: self.handshakes_refused() > before, "it is counted", LONG)
        self.assertIn("tunnel", self.service()["unarmed_why"] + str(self.service()["rules"]))
        self.assertRegex(connector.log.read_text(), "(?i)token|refuse|auth")

    def test_garbage_and_idle_strangers_at_the_tunnel_port_disturb_nobody(self) -> None:
        self.start()
        before = self.handshakes_refused()
        source = (network.WATCHER, 0)
        idle = [socket.create_connection(_TUNNEL, 5, source) for _ in range(20)]
        for _ in range(50):
            with socket.create_connection(_TUNNEL, 5, source) as stranger:
                stranger.sendall(os.urandom(256))
        wait_until(lambda: self.handshakes_refused() >= before + 40, "they are counted", LONG)
        self.assertEqual(self.fetch_through_exit(network.AGENTS["lon"]), "200")
        self.inject("502")
        self.wait_until_served_by("exit/ams")
        self.assertEqual(self.fetch_through_exit(), "200")
        for stranger in idle:
            stranger.close()
