"""What the bot has told in Slack, held against its table."""

import re
from collections import defaultdict
from collections.abc import Callable

from world.ledger import History, Ledger
from world.slack import Json, subject_of, text_of

SHOWN = {
    "requested": "*Waiting* for",
    "approved": "*Approved* by",
    "rejected": "*Rejected* by",
    "withdrawn": "*Withdrawn* by",
    "expired": "*Expired*",
    "ended": "*Ended",
}
"""How a card or a receipt tells where its request stands."""


class Audit:
    """The audit channel."""

    def __init__(self, ledger: Ledger, lines: list[Json]) -> None:
        """Reads it from its beginning."""
        self._ledger = ledger
        self._told = [subject_of(line).id for line in lines]
        self._lines = lines

    def untold(self) -> set[str]:
        """The events that it is silent about. A burst of one person is told in one line."""
        untold = self._ledger.events() - set(self._told)
        for line in self._lines:
            if "*Burst*" in (text := text_of(line)):
                who = self._ledger.person_of(subject_of(line).id)
                counted = sum(int(times) for times in re.findall(r"(\d+)×", text))
                theirs = {event for event in untold if self._ledger.person_of(event) == who}
                untold -= set(sorted(theirs)[:counted])
        return untold

    def invented(self) -> set[str]:
        """The events that it tells of and that never were."""
        return set(self._told) - self._ledger.events()

    def out_of_order(self) -> dict[str, list[int]]:
        """The requests that it tells in another order than it happened, and in which."""
        versions: dict[str, list[int]] = defaultdict(list)
        for event in dict.fromkeys(self._told):
            stream, _, version = event.rpartition("/")
            if stream in self._ledger.histories:
                versions[stream].append(int(version))
        return {request: told for request, told in versions.items() if told != sorted(told)}

    def repeats(self) -> int:
        """How many lines tell what has been told before."""
        return len(self._told) - len(set(self._told))


class Copies:
    """The cards, or the receipts: what stands in Slack to show each request as it is."""

    def __init__(self, kind: str, messages: list[Json], place: Callable[[History], str]) -> None:
        """Looks at them. `place` is the channel in which one belongs."""
        self._place = place
        self._copies: dict[str, list[Json]] = defaultdict(list)
        for message in messages:
            subject = subject_of(message)
            if subject.kind == kind:
                self._copies[subject.id].append(message)

    def missing(self, ledger: Ledger) -> list[str]:
        """The requests of which none shows, where it belongs, how they stand."""
        return [id for id, history in ledger.histories.items() if not self._shows(id, history)]

    def repeats(self) -> int:
        """How many there are of requests that have another one."""
        return sum(len(copies) - 1 for copies in self._copies.values())

    def _shows(self, id: str, history: History) -> bool:
        copies = [copy for copy in self._copies[id] if copy["channel"] == self._place(history)]
        return any(SHOWN[history.status] in text_of(copy) for copy in copies)
