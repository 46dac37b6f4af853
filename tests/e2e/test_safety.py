"""What holds a move that the votes demand: each says why, and lets go when its time has come."""

from datetime import datetime, timedelta, timezone

from deploy.demo import network
from deploy.demo.expectations import AT_EDGE, AT_EXIT
from deploy.demo.name_servers import HOSTNAME, KEY_NAME, TTL, ZONE
from deploy.demo.network import run
from tests.e2e.worlds import InstalledCase


class SafetyTest(InstalledCase):
    def assert_held(self, words: str) -> None:
        """The edge fails; nothing moves, and both the status and `explain` say why."""
        since = self.inject("502")
        self.wait_for(lambda service: words in service["waiting_for"], f"it says {words}")
        self.assertIn(words, self.installation.ctl("explain", "web"))
        self.assert_nothing_moves(since, 2)
        self.assertEqual(self.service()["paths"][0]["verdict"], "VERDICT_KIND_DOWN")

    def assert_moves(self) -> None:
        self.wait_until_served_by("exit/ams")
        self.assert_dns(AT_EXIT)

    def test_a_global_stop_holds_every_move_until_it_is_lifted(self) -> None:
        self.start()
        self.installation.ctl("pause", "--all", "--reason", "all hands")
        self.wait_for(lambda service: service["stopped"], "it is stopped")
        self.assert_held("all hands")
        self.assertIn("stopped", self.view()["headline"])
        self.installation.ctl("resume", "--all", "--reason", "the coast is clear")
        self.assert_moves()

    def test_a_maintenance_window_holds_and_what_fails_after_it_moves(self) -> None:
        now = datetime.now(timezone.utc)
        begin, end = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (-1, 1))
        without = self.installation.controller_yaml()
        window = f'maintenance: [{{begin: "{begin}", end: "{end}", reason: new cables}}]\n'
        self.installation.write("controller", without + window)
        self.installation.start()
        self.feed.start()
        self.wait_for_verdict("UP")
        self.assert_held("new cables")
        self.installation.write("controller", without)
        self.restart_controller()
        self.assert_moves()

    def test_a_second_move_waits_until_a_person_has_acknowledged_the_first(self) -> None:
        self.start()
        self.inject("502")
        self.assert_moves()
        first = self.service()["unacknowledged"]
        self.put_back_by_hand()
        self.repair("502")
        self.wait_for(lambda service: "ack web" in service["unarmed_why"], "it asks for an ack")
        self.assert_held(f"nobody has acknowledged move {first}")
        self.assertIn("acknowledged: web", self.installation.ctl("ack", "web"))
        self.assert_moves()

    def put_back_by_hand(self) -> None:
        """Without Lifeboat, which would take its own failback for an acknowledgement."""
        script = (
            f"server {network.PRIMARY}\nzone {ZONE}\ndel {HOSTNAME} A\n"
            f"add {HOSTNAME} {TTL} {AT_EDGE}\nsend\n"
        )
        run("nsupdate", "-y", f"hmac-sha256:{KEY_NAME}:{self.world.names.secret}", stdin=script)
        self.restart_controller()  # it looks at once, not only each minute
        self.wait_for(lambda service: service["dns_trouble"], "the drift is seen")
        self.installation.ctl("epoch", "raise", "--reason", "DNS is right as it is")
        self.wait_until_served_by("edge")

    def test_a_failback_acknowledges_so_there_is_nothing_left_to_say(self) -> None:
        self.start()
        self.inject("502")
        self.assert_moves()
        self.assertNotEqual(self.service()["unacknowledged"], "")
        self.repair("502")
        self.fail_back()
        self.assertEqual(self.service()["unacknowledged"], "")
        self.assertIn("nothing waits", self.installation.ctl("ack", "web"))
        self.inject("502")
        self.assert_moves()
