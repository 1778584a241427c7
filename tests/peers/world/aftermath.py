"""What is found when nothing is left to do: the table and Slack, which must agree."""

import time

from world.company import AUDIT_CHANNEL, REVIEW_CHANNEL
from world.crowd import Crowd
from world.ledger import Ledger
from world.play import World
from world.process import eventually
from world.slack import text_of
from world.told import Audit, Copies

RESTS_WITHIN = 180.0
"""How long all may take to be done: what a killed replica had begun is left to it for a minute."""


class Aftermath:
    """The table and Slack, read once the crowd has gone home."""

    def __init__(self, world: World, crowd: Crowd) -> None:
        """Waits until nothing is left to do, and reads them."""
        self.ledger = _at_rest(world)
        self.rested_at = time.time()
        seen = crowd.sees()
        direct = [message for view in seen.values() for message in view["direct"]]
        self._taken = crowd.taken
        self._whispers = {who: [*map(text_of, view["ephemerals"])] for who, view in seen.items()}
        self.audit = Audit(self.ledger, world.slack.messages(AUDIT_CHANNEL))
        self._cards = Copies("review_card", world.slack.messages(REVIEW_CHANNEL), lambda _: REVIEW_CHANNEL)
        self._receipts = Copies("receipt", direct, lambda history: f"D{history.requester}")

    def repeats(self) -> dict[str, int]:
        """How much was posted twice."""
        return {
            "audit lines": self.audit.repeats(),
            "cards": self._cards.repeats(),
            "receipts": self._receipts.repeats(),
        }

    def faults(self) -> dict[str, object]:
        """What was lost, invented or told in the wrong order."""
        found: dict[str, object] = {
            "histories that cannot be": self.ledger.faults(),
            "presses of which nothing came": self.ledger.unkept(self._taken),
            "refusals that nobody heard": self.ledger.unheard(self._whispers),
            "events without audit line": self.audit.untold(),
            "audit lines without event": self.audit.invented(),
            "audit lines out of order": self.audit.out_of_order(),
            "requests without card": self._cards.missing(self.ledger),
            "requests without receipt": self._receipts.missing(self.ledger),
        }
        return {name: faults for name, faults in found.items() if faults}


def _at_rest(world: World) -> Ledger:
    def look() -> Ledger | None:
        ledger = Ledger(world.ground.rows())
        return ledger if not ledger.undone(time.time()) else None

    def otherwise() -> str:
        return f"left undone: {Ledger(world.ground.rows()).undone(time.time())}"

    return eventually(look, otherwise, RESTS_WITHIN, every=2)
