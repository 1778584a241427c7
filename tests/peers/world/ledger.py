"""The bot's table, as whoever reads it afterwards finds it, and what it must agree with."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from world.crowd import Press
from world.slack import Json

LEADS = {
    (None, "requested"),
    ("requested", "approved"),
    ("requested", "rejected"),
    ("requested", "withdrawn"),
    ("requested", "expired"),
    ("approved", "ended"),
}
"""Which event may follow in which status; the status is called as the event is."""

TIMERS = {"elapse", "remind", "warn_of_end"}
"""Jobs that wait for a moment of their own."""

VERBS = {
    "requested": "request",
    "approved": "approve",
    "rejected": "reject",
    "withdrawn": "withdraw",
    "ended": "end",
    "expired": "",
}
"""What somebody tried who brought this event about."""


SENTENCES = {
    "already_answered": "has already {status} this request",
    "already_open": "that is waiting or approved: {request}",
    "approved_and_over": "its access has already ended",
    "expired_unanswered": "expired before anyone answered it",
    "given_up": "failed for 15 minutes",
    "identity_unavailable": "the identity provider did not respond",
    "no_such_request": "There is no request {request}",
    "not_live": "Access is not open: this request is {status}",
    "not_reviewer": "Only a member of {reviewers} can answer this request",
    "other_message": "not this request's current one",
    "own_request": "You cannot answer your own request",
    "sign_in_again": "requires you to sign in again",
    "token_unavailable": "your stored sign-in could not be read",
    "too_many_requests": "You have made {max} requests within an hour",
}
"""What people read of each refusal that the crowd can meet. A code that is not here is a fault of this table."""


class Deadline(NamedTuple):
    """A moment at which the clock was to end something, and when that was written; in seconds since 1970."""

    request: str
    due: float
    written: float

    @property
    def late(self) -> float:
        """How many seconds after its moment it was written."""
        return self.written - self.due


@dataclass
class History:
    """A request, and all that has happened to it."""

    request: Json = field(default_factory=dict)
    version: int = 0
    events: list[Json] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Where the request stands."""
        return str(self.request["status"]["status"])

    @property
    def is_open(self) -> bool:
        """Whether it keeps its requester from asking for the same again."""
        return self.status in ("requested", "approved")

    @property
    def requester(self) -> str:
        """The Slack account that asks."""
        return str(self.request["requester"]["account"]["user"])

    def deadline(self) -> Deadline | None:
        """When its time was over, if nobody had ended it by then."""
        if self.status not in ("ended", "expired") or self.events[-1]["actor"]["kind"] != "clock":
            return None
        before, last = self.events[-2:]
        facts = before["facts"]
        due = facts["answer_by"] if last["what"] == "expired" else facts["window"]["ends"]
        return Deadline(last["stream"], seconds_of(due), seconds_of(last["at"]))

    def faults(self) -> Iterator[str]:
        """What is wrong with it: a gap, a change that cannot be, a state that its events do not add up to."""
        numbers = [event["number"] for event in self.events]
        if numbers != list(range(1, self.version + 1)) or self.request["version"] != self.version:
            yield f"version {self.version} has events {numbers}"
        status = None
        for event in self.events:
            if (status, event["what"]) not in LEADS:
                yield f"{event['what']} after {status}"
            status = event["what"]
        if status != self.status:
            yield f"{self.status} after {status}"


class Ledger:
    """What the table holds."""

    def __init__(self, rows: list[Json]) -> None:
        """Reads it."""
        self.histories: dict[str, History] = defaultdict(History)
        self.accounts: dict[str, list[Json]] = defaultdict(list)  # the events of each
        self._controls: list[Json] = []  # the events of the whole app
        self._unfinished: list[str] = []  # presses
        self._jobs: list[tuple[int, Json]] = []
        for row in sorted(rows, key=lambda row: (row["pk"]["S"], row["sk"]["S"])):
            self._reads(row)

    def _reads(self, row: Json) -> None:
        kind, _, name = row["pk"]["S"].partition("#")
        place, _, _ = row["sk"]["S"].partition("#")
        body = json.loads(row["body"]["S"]) if "body" in row else {}
        match kind, place:
            case "REQ", "META":
                self.histories[name].request = body
                self.histories[name].version = int(row["version"]["N"])
            case "REQ", "EVENT":
                self.histories[name].events.append(body)
            case "ACCOUNT", "EVENT":
                self.accounts[name].append(body)
            case "CONTROL", "EVENT":
                self._controls.append(body)
            case "JOB", due:
                self._jobs.append((int(due), body["task"]))
            case "INBOX", _ if "finished" not in row:
                self._unfinished.append(name)

    def undone(self, now: float) -> list[object]:
        """What is left to do, but for what waits for a moment of its own: jobs, and the ids of presses."""
        jobs = [task for due, task in self._jobs if due <= now * 1_000 or not TIMERS & task.keys()]
        return [*jobs, *self._unfinished]

    def faults(self) -> list[str]:
        """What is wrong with the requests, each with its history and all together."""
        faults = [f"{id}: {fault}" for id, history in self.histories.items() for fault in history.faults()]
        for account, events in self.accounts.items():
            numbers = [event["number"] for event in events]
            if numbers != list(range(1, len(events) + 1)):
                faults.append(f"{account} has events {numbers}")
        causes = Counter(event["command"] for event in self._events())
        causes_of_accounts = Counter((name, event["command"]) for name, event in self._account_events())
        for cause, n in [*causes.items(), *causes_of_accounts.items()]:
            if n > 1:
                faults.append(f"{cause} has brought about {n} events")
        open_ones = [history for history in self.histories.values() if history.is_open]
        holders = Counter((history.requester, str(history.request["target"])) for history in open_ones)
        return faults + [f"{holder} has {n} open requests" for holder, n in holders.items() if n > 1]

    def events(self) -> dict[str, Json]:
        """All events, by their ids."""
        requests = [(event["stream"], event) for event in self._events()]
        controls = [(event["stream"], event) for event in self._controls]
        all_of_them = [*requests, *self._account_events(), *controls]
        return {f"{stream}/{event['number']}": event for stream, event in all_of_them}

    def deadlines(self) -> list[Deadline]:
        """All that the clock has ended."""
        return [found for history in self.histories.values() if (found := history.deadline())]

    def person_of(self, event: str) -> str:
        """The Slack account that an event concerns; none if it concerns the whole app."""
        stream, _, _ = event.rpartition("/")
        if stream in self.histories:
            return self.histories[stream].requester
        if stream == "control":
            return ""
        return str(self.accounts[stream][0]["stream"]["user"])

    def unkept(self, presses: list[Press]) -> list[Press]:
        """The presses of which nothing has come: neither what they were for, nor a refusal."""
        effects = {
            Press(event["actor"]["account"]["user"], VERBS[event["what"]], about)
            for event in self._events()
            if event["actor"]["kind"] == "person"
            for about in (event["stream"], event.get("facts", {}).get("justification", ""))
        }
        refused = [(who, facts["tried"], facts["request"]) for who, facts in self._refusals()]
        unkept = []
        for press in presses:
            refusal = (press.who, press.tried, None if press.tried == "request" else press.about)
            if press in effects:
                continue
            if refusal in refused:
                refused.remove(refusal)  # one stands for one press
            else:
                unkept.append(press)
        return unkept

    def unheard(self, whispers: Mapping[str, list[str]]) -> list[str]:
        """The refusals that were whispered to whom they concern less often than there were any."""
        whispered = ((who, facts) for who, facts in self._refusals() if facts["tried"] != "link")  # a page says that
        refused = Counter((who, sentence_of(facts["refusal"])) for who, facts in whispered)
        return [
            f"{who}: {why}"
            for (who, why), times in refused.items()
            if sum(why in whisper for whisper in whispers[who]) < times
        ]

    def _events(self) -> Iterator[Json]:
        """Those of requests."""
        return (event for history in self.histories.values() for event in history.events)

    def _account_events(self) -> Iterator[tuple[str, Json]]:
        """Those of accounts, each with the name of its stream."""
        return ((account, event) for account, events in self.accounts.items() for event in events)

    def _refusals(self) -> Iterator[tuple[str, Json]]:
        """What was refused, with the Slack account that tried."""
        refused = (event for _, event in self._account_events() if event["what"] == "refused")
        return ((str(event["stream"]["user"]), event["facts"]) for event in refused)


def seconds_of(at: str) -> float:
    """A moment in seconds since 1970."""
    return datetime.fromisoformat(at).timestamp()


def sentence_of(refusal: Json) -> str:
    """What stands in every whisper of this refusal."""
    return SENTENCES[refusal["code"]].format(**refusal)
