"""Good answers that the origin never gave: without its echo they do not pass for health."""

import time

from deploy.demo import network
from deploy.demo.expectations import AT_EXIT
from deploy.demo.processes import wait_until
from tests.e2e.worlds import InstalledCase

_NOTHING_LISTENS = 81  # a port of the origin


class EchoTest(InstalledCase):
    def set_edge(self, **how: object) -> float:
        """Returns when."""
        moment = time.time()
        self.world.web.configure_edge(**how)
        self.world.web.edge.reload()
        return moment

    def visit(self) -> str:
        """What a visitor of the edge meets."""
        try:
            return self.world.page.fetch(network.EDGE, network.CLIENT_OF_SERVERS)
        except OSError as error:
            return str(error)

    def words(self, vantage: str) -> str:
        """The edge's ballot of one agent, in words."""
        ballots = self.service()["paths"][0]["ballots"]
        return next(str(ballot) for ballot in ballots if ballot["vantage"] == vantage)

    def test_a_captive_page_before_one_agent_is_no_health_and_moves_nothing(self) -> None:
        self.start()
        since = self.set_edge(captive=(network.AGENTS["fra"],))
        self.wait_for(lambda _: "without the origin's echo" in self.words("fra"), "fra says why")
        self.assertIn("BAD_BODY", self.words("fra"))
        self.assertNotIn("BAD_BODY", self.words("lon"))
        self.assert_nothing_moves(since, 3)
        self.assertEqual(self.service()["paths"][0]["verdict"], "VERDICT_KIND_UP")

    def test_it_does_not_outvote_those_who_see_that_the_edge_has_failed(self) -> None:
        self.start()
        self.installation.agents["nyc"].kill()
        # Were the page taken for health, one of two would say DOWN, from a single network.
        self.set_edge(upstream_port=_NOTHING_LISTENS, captive=(network.AGENTS["fra"],))
        self.wait_until_served_by("exit/ams")
        self.assert_dns(AT_EXIT)

    def test_a_health_page_out_of_a_cache_does_not_hide_that_the_origin_is_lost(self) -> None:
        self.start()
        self.set_edge(upstream_port=_NOTHING_LISTENS, cached=True)
        wait_until(lambda: "502" in self.visit(), "visitors meet 502", 5)
        self.wait_until_served_by("exit/ams")
        self.assert_dns(AT_EXIT)
