"""What people do by lifeboatctl, and what they are told."""

import time

from deploy.demo.expectations import AT_EXIT
from tests.e2e.worlds import InstalledCase


class OperatorTest(InstalledCase):
    def ctl_fails(self, *command: str) -> str:
        with self.assertRaises(RuntimeError) as caught:
            self.installation.ctl(*command)
        return str(caught.exception)

    def test_a_pause_holds_a_move_and_a_resume_lets_it_go(self) -> None:
        self.start()
        self.installation.ctl("pause", "web", "--reason", "work on DNS")
        since = self.inject("502")
        self.wait_for(lambda service: "work on DNS" in service["waiting_for"], "it is held")
        self.assert_nothing_moves(since, 2)
        self.installation.ctl("resume", "web", "--reason", "done")
        self.wait_until_served_by("exit/ams")

    def test_a_person_moves_there_and_back_and_is_told_what_is_missing(self) -> None:
        self.start()
        self.assertIn("ended with 5", self.ctl_fails("failback", "web", "--reason", "too early"))
        began = time.time()
        self.installation.ctl("failover", "web", "--to", "ams", "--reason", "work at the edge")
        self.wait_until_served_by("exit/ams")
        self.assert_dns(AT_EXIT)
        refusal = self.ctl_fails("failback", "web", "--reason", "too early")
        self.assertIn("ended with 5", refusal)
        self.assertIn("clean for", refusal)
        self.wait_for(lambda service: service["failback_offered"], "failback is offered")
        self.installation.ctl("failback", "web", "--reason", "work is done")
        self.wait_until_served_by("edge")
        reasons = [event.text for event in self.events("intent", began)]
        self.assertEqual(len(reasons), 2, reasons)
        self.assertIn("person/demo", reasons[0])

    def test_every_view_names_the_service_and_the_command_for_more(self) -> None:
        self.start()
        for command in (("status",), ("explain", "web"), ("events",)):
            with self.subTest(command):
                self.assertIn("web", self.installation.ctl(*command))
                self.assertIn('"web"', self.installation.ctl(*command, "-o", "json"))
        self.assertIn("ended with 2", self.ctl_fails("stauts"))
        self.installation.controller.stop()
        self.assertIn("ended with 4", self.ctl_fails("status"))
