"""The world without Lifeboat: it works, its faults bite where they should, and heal."""

import time

from deploy.demo import network
from deploy.demo.clients import resolve
from deploy.demo.expectations import AT_EDGE, AT_EXIT
from deploy.demo.faults import FAULTS
from deploy.demo.name_servers import HOSTNAME, KEY_NAME, OWNERSHIP, TTL, ZONE
from deploy.demo.network import run
from deploy.demo.processes import wait_until
from deploy.demo.zone_watch import ownership, serving
from tests.e2e.worlds import WorldCase


def update(secret: str, *lines: str) -> None:
    script = "\n".join((f"server {network.PRIMARY}", f"zone {ZONE}", *lines, "send", ""))
    run("nsupdate", "-y", f"hmac-sha256:{KEY_NAME}:{secret}", stdin=script)


class WorldTest(WorldCase):
    def fetch(self, source: str = network.CLIENT_OF_SERVERS) -> str:
        """What a visitor from `source` meets now."""
        try:
            return self.world.page.fetch(resolve(network.PRIMARY, source).address, source)
        except Exception as error:
            return str(error)

    def test_each_fault_bites_and_heals(self) -> None:
        self.assertEqual(self.fetch(), "200")
        words = {
            "502": "502",
            "timeout": "timed out",
            "refuse": "refused",
            "tls": "expired",
            "dns": "does not answer",
            "origin": "502",
        }
        for name, want in words.items():
            with self.subTest(fault=name):
                FAULTS[name].inject(self.world)
                wait_until(lambda: want in self.fetch(), f"visitors meet {want}", 5)
                FAULTS[name].repair(self.world)
                wait_until(lambda: self.fetch() == "200", f"{name} has healed", 5)

    def test_blocked_is_met_by_agents_alone(self) -> None:
        FAULTS["blocked"].inject(self.world)
        agents = network.AGENTS.values()
        wait_until(
            lambda: all(self.fetch(agent) == "403" for agent in agents), "agents meet 403", 5
        )
        self.assertEqual(self.fetch(), "200")
        FAULTS["blocked"].repair(self.world)
        wait_until(lambda: self.fetch(network.AGENTS["fra"]) == "200", "it has healed", 5)

    def test_an_update_reaches_the_secondary_at_once_even_back_to_back(self) -> None:
        for number, value in enumerate((AT_EXIT, AT_EDGE, AT_EXIT)):
            with self.subTest(update=number):
                before = time.monotonic()
                deletions = [f"del {HOSTNAME} {kind}" for kind in ("A", "CNAME")]
                addition = f"add {HOSTNAME} {TTL} {value}"
                update(self.world.names.secret, *deletions, addition)
                self.assertEqual(serving(network.PRIMARY), value)
                wait_until(lambda: serving(network.SECONDARY) == value, "ns2 follows", 3)
                self.assertLess(time.monotonic() - before, 2)
        seen = [change.after for change in self.world.watch.changes if change.server == "ns1"]
        self.assertEqual(seen[-1:], [AT_EXIT])

    def test_the_key_may_change_the_service_and_nothing_else(self) -> None:
        secret = self.world.names.secret
        update(secret, f'add {OWNERSHIP} 5 TXT "epoch=1.1"')
        self.assertEqual(ownership(), "epoch=1.1")
        for denied in (
            f"other.{ZONE} 5 A 192.0.2.1",
            f"{HOSTNAME} 5 TXT x",
            f"{ZONE} 5 NS ns3.{ZONE}",
        ):
            with self.subTest(denied), self.assertRaisesRegex(RuntimeError, "REFUSED"):
                update(secret, f"add {denied}")

    def test_the_caching_client_asks_again_only_after_the_ttl(self) -> None:
        self.world.start_clients()
        client = self.world.caching_client
        wait_until(lambda: len(client.visits) >= 6, "six visits", 10)
        self.assertTrue(all(visit.ok for visit in client.visits), client.visits)
        questions = {visit.asked_at for visit in client.visits[:6]}
        self.assertLess(len(questions), 6)

    def test_an_agent_that_is_cut_off_reaches_nothing(self) -> None:
        fra, lon = network.AGENTS["fra"], network.AGENTS["lon"]
        self.world.network.cut(f"ip saddr {fra}")
        self.assertNotEqual(self.fetch(fra), "200")
        self.assertEqual(self.fetch(lon), "200")
        self.world.network.mend()
        self.assertEqual(self.fetch(fra), "200")
