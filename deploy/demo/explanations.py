"""Why the controller decides as it does: in its own words, as `lifeboatctl explain` gives them."""

from deploy.demo.feed import Event

_TOLD_AT_LENGTH = ("intent", "hold", "cancel", "refused")  # besides alarming verdicts


def deserves_explanation(event: Event) -> bool:
    """Whether it is a decision that a person at the screen wants to understand at once."""
    return event.explained and (
        event.kind in _TOLD_AT_LENGTH or (event.kind == "verdict" and event.alarm)
    )


def is_well(explanation: dict) -> bool:
    """Whether the edge is UP in the answer to Explain of proto/lifeboat/v1/admin.proto."""
    return _service(explanation)["paths"][0]["verdict"] == "VERDICT_KIND_UP"


def reason(explanation: dict) -> str:
    """What it says of the service, and of each vantage that abstains on the edge."""
    service = _service(explanation)
    abstentions = [
        f"{ballot['vantage']} {ballot['words']}"
        for ballot in service["paths"][0].get("ballots", [])
        if ballot["vote"] == "VOTE_KIND_ABSTAIN"
    ]
    return "; ".join([*service["summary"], *abstentions])


def _service(explanation: dict) -> dict:
    return explanation["status"]["services"][0]
