"""Agents that cannot see: nothing moves on what nobody has seen."""

import time

from deploy.demo import network
from deploy.demo.expectations import AT_EXIT
from tests.e2e.worlds import InstalledCase


def sources(*agents: str) -> list[str]:
    """What cuts these agents' probes off from everything: edge, exit and panel."""
    return [f"ip saddr {network.AGENTS[agent]}" for agent in agents]


class SightTest(InstalledCase):
    def votes(self, path: int = 0) -> dict[str, str]:
        return {b["vantage"]: b["words"] for b in self.service()["paths"][path]["ballots"]}

    def test_with_all_agents_cut_off_the_verdict_is_blind_and_nothing_moves(self) -> None:
        self.start()
        self.world.network.cut(*sources(*network.AGENTS))
        since = self.inject("502")
        self.wait_for_verdict("BLIND")
        self.assert_nothing_moves(since, 5)
        self.world.network.mend()
        self.wait_until_served_by("exit/ams")  # the edge is broken, and now it is seen
        self.assert_dns(AT_EXIT)

    def test_one_agent_that_is_cut_off_abstains_and_nothing_moves(self) -> None:
        self.start()
        self.world.network.cut(*sources("lon"))
        since = time.time()
        self.wait_for(lambda _: "ABSTAIN" in self.votes()["lon"], "lon abstains")
        self.assert_nothing_moves(since, 5)
        self.assertEqual(self.service()["paths"][0]["verdict"], "VERDICT_KIND_UP")

    def test_agents_that_are_stopped_are_no_witnesses(self) -> None:
        self.start()
        for agent in self.installation.agents.values():
            agent.kill()
        since = self.inject("502")
        self.wait_for_verdict("BLIND")
        self.assert_nothing_moves(since, 5)

    def test_two_of_three_still_see_a_failing_edge(self) -> None:
        self.start()
        self.installation.agents["nyc"].kill()
        self.inject("refuse")
        self.wait_until_served_by("exit/ams")
        self.assert_dns(AT_EXIT)
