"""What the bot has told in Slack, held against its table."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable

from world.ledger import History, Ledger, seconds_of
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


EVENT_ID = re.compile(r"`((?:req_|slack/)[^`\s]*/\d+)`")


COUNTED = {
    "requested access": "requested",
    "withdrew": "withdrawn",
    "got no answer": "expired",
    "was linked": "linked",
    "tried to": "refused",
}
"""How a line about several events calls their kinds."""


class Line:
    """A line of the audit channel: about one event, or about several of one person."""

    def __init__(self, message: Json) -> None:
        """Reads it."""
        text = text_of(message)
        subject = subject_of(message).id
        is_burst = "*Burst*" in text
        self.posted = float(message["ts"])
        self.named = list(dict.fromkeys([*EVENT_ID.findall(text), subject])) if is_burst else [subject]
        """The ids of its events in their order; of more than twenty only the first and the last."""
        self.counted: Counter[str] = Counter()
        """How many events of each kind it counts."""
        for words, times in re.findall(r"[:,] ([^:,]+) (\d+)×", text) if is_burst else []:
            [kind] = [kind for told, kind in COUNTED.items() if words.startswith(told)]
            self.counted[kind] += int(times)


class Audit:
    """The audit channel."""

    def __init__(self, ledger: Ledger, messages: list[Json]) -> None:
        """Reads it from its beginning."""
        self._ledger = ledger
        self._lines = [Line(message) for message in messages if subject_of(message).kind != "channel_trouble"]

    def untold(self) -> set[str]:
        """The events that it is silent about."""
        events = self._ledger.events()
        untold = events.keys() - {event for line in self._lines for event in line.named}
        for line in self._lines:
            unnamed = line.counted - Counter(events[event]["what"] for event in line.named)
            who = self._ledger.person_of(line.named[-1])
            theirs = sorted(event for event in untold if self._ledger.person_of(event) == who)
            for kind, times in unnamed.items():
                untold -= set([event for event in theirs if events[event]["what"] == kind][:times])
        return untold

    def invented(self) -> set[str]:
        """The events that it tells of and that never were."""
        return {event for line in self._lines for event in line.named} - self._ledger.events().keys()

    def out_of_order(self) -> dict[str, list[int]]:
        """The requests that it tells in another order than it happened, and in which."""
        versions: dict[str, list[int]] = defaultdict(list)
        for event in dict.fromkeys(event for line in self._lines for event in line.named):
            stream, _, version = event.rpartition("/")
            if stream in self._ledger.histories:
                versions[stream].append(int(version))
        return {request: told for request, told in versions.items() if told != sorted(told)}

    def repeats(self) -> int:
        """How many lines tell what has been told before."""
        told: set[str] = set()
        repeats = 0
        for line in self._lines:
            repeats += not told.isdisjoint(line.named)
            told |= set(line.named)
        return repeats

    def posts(self) -> list[tuple[float, float]]:
        """When each event that it names happened, and when it was first told; in seconds since 1970."""
        happened = {id: seconds_of(event["at"]) for id, event in self._ledger.events().items()}
        first = {event: line.posted for line in reversed(self._lines) for event in line.named}
        return [(happened[event], posted) for event, posted in first.items()]


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
