"""Many people at work at once, who do again what Slack shows to have failed."""

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from queue import Empty, SimpleQueue
from random import Random
from threading import Event
from typing import NamedTuple, TypeVar

from world.company import ADA, GENERAL_CHANNEL, PROD, REVIEW_CHANNEL, REVIEWERS, STAGING, Persona
from world.play import Player, World
from world.process import eventually
from world.slack import Impossible, Json, Unanswered, button, subject_of, text_of

TARGETS = (f"{PROD}/S3Admin", f"{STAGING}/ReadOnly")

CLOSES = ("request.withdraw", "request.end")

LEFT_TO = "left to"
"""Words in a reason: reviewers leave this request to somebody else, or to nobody."""

PLANS, WEIGHTS = ("withdraw", "end", "let it run out"), (2, 6, 1)

LOOKS_EVERY = 0.4
PATIENCE = 6.0
TRIES = 60

T = TypeVar("T")


class Press(NamedTuple):
    """What somebody did in Slack, and Slack took."""

    who: str
    tried: str
    about: str  # a request's id; where it is only being made, the errand that it names


class Worker:
    """Somebody at work, who signs in whenever the bot asks for it."""

    def __init__(self, world: World, persona: Persona, chance: Random) -> None:
        """Takes them on, with a mind of their own."""
        self.persona = persona
        self.taken: list[Press] = []
        self.failures = 0
        self.sign_ins = 0
        self._slack = world.slack
        self._player: Player = world.hires(persona)
        self._chance = chance
        self._heard = 0
        self._invitations: set[str] = set()

    def links(self) -> None:
        """Links their account to their identity."""
        assert self._does(self._asks_to_link)
        eventually(lambda: self._sees() and self.sign_ins, lambda: f"{self.persona.name} is not linked")

    def _types(self, line: str) -> None:
        ack = self._slack.types(self.persona.slack, GENERAL_CHANNEL, line)["ack"]
        if ack["body"]:
            raise Unanswered(ack["body"])

    def _asks_to_link(self) -> None:
        self._types("/elevate link")

    def _presses(self, message: Json, action: str) -> bool:
        """Presses a button of a message; says whether it was still there."""
        return self._does(lambda: self._slack.presses(self.persona.slack, action, message))

    def _notes(self, tried: str, about: str) -> None:
        """Notes what Slack has taken, and something must come of."""
        self.taken.append(Press(self.persona.slack, tried, about))

    def _does(self, act: Callable[[], object]) -> bool:
        """Does something, and again while Slack shows that it failed; says whether it can be done at all."""
        for _ in range(TRIES):
            try:
                act()
            except Unanswered:
                self.failures += 1
                time.sleep(LOOKS_EVERY)
            except Impossible:
                return False
            else:
                return True
        raise AssertionError(f"{self.persona.name} tries in vain")

    def _sees(self) -> Json:
        """What they see besides channels; if that asks them to sign in, they do."""
        seen: Json = self._slack.view_of(self.persona.slack)
        whispers = seen["ephemerals"]
        self._heard = len(whispers)
        invitations = {each["ts"]: found for each in whispers if (found := button(each, "person.link"))}
        if unseen := invitations.keys() - self._invitations:
            self._invitations |= unseen
            self._signs_in(invitations[max(unseen)]["url"])
        return seen

    def _signs_in(self, url: str) -> None:
        try:
            page = self._player.follows_link(url)
        except (OSError, HTTPException):  # the replica that was to answer has been killed
            page = None
        if page and page.status == 200 and self.persona.email in page.text:
            self.sign_ins += 1
        else:
            self._does(self._asks_to_link)

    def _cards(self) -> list[Json]:
        """What stands in the review channel."""
        cards: list[Json] = self._slack.messages(REVIEW_CHANNEL)
        return cards

    def _waits_for(self, look: Callable[[Json], T | None]) -> T | None:
        """Waits until they see something, but not for long: who sees nothing does something else."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := look(self._sees()):
                return found
            time.sleep(LOOKS_EVERY)
        return None

    def _waits_for_effect(self, shows: Callable[[Json], bool]) -> None:
        """Waits until what they see shows what they have pressed, or they are told something."""
        heard = self._heard
        self._waits_for(lambda seen: shows(seen) or len(seen["ephemerals"]) > heard)


class Tireless(Worker, ABC):
    """Somebody who works until it is over."""

    @abstractmethod
    def works(self, is_over: Event) -> None:
        """Does what they do again and again."""


class Requester(Worker):
    """Somebody who needs access again and again."""

    def __init__(self, world: World, number: int, chance: Random) -> None:
        """Takes them on."""
        persona = Persona(f"U0ASKS{number:02}", f"asks{number}", f"Asks {number}", ADA.groups)
        super().__init__(world, persona, chance)
        self._left_open: set[str] = set()
        self._pressed: Counter[str] = Counter()

    def works(self, errands: "SimpleQueue[str]") -> None:
        """Runs one errand after another, until there are none."""
        while True:
            try:
                errand = errands.get_nowait()
            except Empty:
                return
            self._tidies()
            self._runs(errand)

    def _runs(self, errand: str) -> None:
        """Asks, waits for an answer, and needs no access any more; or thinks better of it before that."""
        target = self._waits_for(self._free_target) or self._chance.choice(TARGETS)
        plan = self._chance.choices(PLANS, WEIGHTS)[0]
        if plan == "let it run out":
            self._left_open.add(errand)
        duration = "1m" if plan == "let it run out" else "15m"
        assert self._does(lambda: self._types(f"/elevate {target} {duration} {errand}"))
        self._notes("request", errand)
        match plan:
            case "withdraw" | "end":
                self._finishes(errand, f"request.{plan}")
            case _:
                self._waits_for(lambda seen: receipt_of(seen, errand))

    def _free_target(self, seen: Json) -> str | None:
        """A target that they have nothing open for, as far as they see."""
        is_open = [text_of(receipt) for receipt in seen["direct"] if _can_be_closed(receipt)]
        free = [target for target in TARGETS if not any(target.partition("/")[2] in text for text in is_open)]
        return self._chance.choice(free) if free else None

    def _finishes(self, errand: str, action: str) -> None:
        """Waits until they can do this about an errand, and does it."""

        def look(seen: Json) -> Json | None:
            receipt = receipt_of(seen, errand)
            return receipt if receipt and button(receipt, action) else None

        if receipt := self._waits_for(look):
            self._presses_on(receipt, action)

    def _tidies(self) -> None:
        """Takes back or ends what they did not see the end of, unless it is to run out by itself."""
        for receipt in self._sees()["direct"]:
            if any(errand in text_of(receipt) for errand in self._left_open):
                continue
            for action in CLOSES:
                if button(receipt, action) and self._pressed[receipt["ts"]] < 3:
                    self._presses_on(receipt, action)

    def _presses_on(self, receipt: Json, action: str) -> None:
        self._pressed[receipt["ts"]] += 1
        if self._presses(receipt, action):
            self._notes(action.removeprefix("request."), subject_of(receipt).id)
            self._waits_for_effect(lambda seen: receipt not in seen["direct"])


def _can_be_closed(receipt: Json) -> bool:
    return any(button(receipt, action) for action in CLOSES)


def receipt_of(seen: Json, errand: str) -> Json | None:
    """The receipt of a request with this reason, if they see one."""
    return next((receipt for receipt in seen["direct"] if errand in text_of(receipt)), None)


class Reviewer(Tireless):
    """Somebody who answers whatever waits and is not left to others, in no particular order."""

    def __init__(self, world: World, number: int, chance: Random) -> None:
        """Takes them on."""
        persona = Persona(f"U0ANSWERS{number:02}", f"answers{number}", f"Answers {number}", (REVIEWERS,))
        super().__init__(world, persona, chance)
        self._answered: set[str] = set()

    def works(self, is_over: Event) -> None:
        """Answers one request after another, until it is over."""
        while not is_over.wait(LOOKS_EVERY):
            signed_in = self.sign_ins
            self._sees()
            if self.sign_ins > signed_in:
                self._answered.clear()  # what was answered before that was refused
            waiting = [card for card in self._cards() if button(card, "review.approve")]
            theirs = [card for card in waiting if LEFT_TO not in text_of(card)]
            unanswered = [card for card in theirs if card["ts"] not in self._answered]
            if unanswered:
                self._answers(self._chance.choice(unanswered))

    def _answers(self, card: Json) -> None:
        answers = self._approves if self._chance.random() < 0.75 else self._rejects
        if answers(card):
            self._answered.add(card["ts"])
            self._waits_for_effect(lambda _: card not in self._cards())

    def _approves(self, card: Json) -> bool:
        is_taken = self._presses(card, "review.approve")
        if is_taken:
            self._notes("approve", subject_of(card).id)
        return is_taken

    def _rejects(self, card: Json) -> bool:
        """Asks for the form, which opens at once or never, and submits it."""
        request = subject_of(card).id
        if not self._presses(card, "review.reject"):
            return False
        if not self._waits_for(lambda seen: _form_about(seen, request)):
            return False
        is_taken = self._does(self._submits)
        if is_taken:
            self._notes("reject", request)
        return is_taken

    def _submits(self) -> None:
        outcome = self._player.submits(reason="not without an incident")
        if outcome != {"closed": True}:
            raise Unanswered(outcome)


def _form_about(seen: Json, request: str) -> Json | None:
    """The form in front, if it is about this request."""
    front = seen["modals"][-1:]
    return next((form for form in front if form["body"]["private_metadata"] == request), None)


class People(NamedTuple):
    """How many there are."""

    ask: int
    answer: int


class Crowd:
    """Everybody, and what is left to ask for."""

    def __init__(
        self, world: World, chance: Random, people: People, errands: int, others: Sequence[Tireless] = ()
    ) -> None:
        """Takes everybody on, and others who work beside them, and lets them link."""
        self._requesters = [Requester(world, n, Random(chance.random())) for n in range(people.ask)]
        reviewers = [Reviewer(world, n, Random(chance.random())) for n in range(people.answer)]
        self._tireless: list[Tireless] = [*reviewers, *others]
        self._slack = world.slack
        self._workers: list[Worker] = [*self._requesters, *self._tireless]
        self._how_many = errands
        self._errands: SimpleQueue[str] = SimpleQueue()
        for number in range(errands):
            self._errands.put(f"errand {number:03}.")
        for worker in self._workers:
            worker.links()

    @property
    def taken(self) -> list[Press]:
        """All that Slack has taken."""
        return [press for worker in self._workers for press in worker.taken]

    @property
    def failures(self) -> int:
        """How often Slack has shown that the bot did not answer."""
        return sum(worker.failures for worker in self._workers)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Lets all of them work at the same time, until there is nothing left to ask for."""
        is_over = Event()
        with ThreadPoolExecutor(len(self._workers)) as threads:
            asking = [threads.submit(requester.works, self._errands) for requester in self._requesters]
            beside = [threads.submit(each.works, is_over) for each in self._tireless]
            try:
                yield
                for each in asking:
                    each.result()
            finally:
                is_over.set()
        for each in beside:
            each.result()

    def sees(self) -> dict[str, Json]:
        """What everybody sees besides channels, by their account."""
        accounts = [worker.persona.slack for worker in self._workers]
        return {account: self._slack.view_of(account) for account in accounts}

    def has_set_out_on(self, errands: int) -> None:
        """Waits until somebody has set out on that many errands."""
        eventually(
            lambda: self._how_many - self._errands.qsize() >= errands,
            lambda: f"nobody sets out on errand {errands}",
            within=60,
        )
