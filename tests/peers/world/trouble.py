"""A flood of the bot and a limit of Slack's, while Ada asks and Bob answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from threading import Event, Thread
from typing import NamedTuple

from world.company import ADA, BOB, Persona
from world.crowd import LEFT_TO, TARGETS, Tireless, receipt_of
from world.ledger import seconds_of
from world.play import World
from world.slack import Json, button, subject_of, text_of
from world.told import SHOWN

LEFT_TO_BOB = f"{LEFT_TO} Bob"
LEFT_TO_NOBODY = f"{LEFT_TO} nobody"

ACTS, WEIGHTS = ("ask", "leave", "withdraw", "answer", "link"), (4, 1, 3, 4, 1)
PAUSES = (0.4, 0.8)
"""How many seconds somebody who floods rests between acts: an account may act once a second, at each replica."""

ASKS_AT_MOST = 18
"""How often Ada asks: 20 requests an hour are allowed."""
ADA_RESTS = (0.5, 1.5)
ADA_NEEDS_IT_FOR = 1.0
BOB_WAITS = 100.0
"""How many seconds Bob looks at a card that he has answered. A killed replica keeps its work for a minute."""
BOB_LOOKS_EVERY = 0.2

TOLD_TO_WAIT = (1, 2)
"""How many seconds Slack names to who exceeds a limit."""
WAITS_LESS = (0.2, 0.7)
"""How many seconds less than that the limit lasts: Slack names whole seconds, rounded up."""
UNLIMITED_FOR = (2.0, 3.0)
"""How many seconds there are between two limits: a call that has waited as told meets no other one."""


class Flooder(Tireless):
    """Somebody who does as much as they may, most of which is refused."""

    def __init__(self, world: World, number: int, chance: Random) -> None:
        """Takes them on."""
        persona = Persona(f"U0FLOODS{number:02}", f"floods{number}", f"Floods {number}", ADA.groups)
        super().__init__(world, persona, chance)
        self._requests = 0

    def works(self, is_over: Event) -> None:
        """Acts as often as an account may, and leaves a request to expire first."""
        self._asks(TARGETS[1], LEFT_TO_NOBODY)
        while not is_over.wait(self._chance.uniform(*PAUSES)):
            match self._chance.choices(ACTS, WEIGHTS)[0]:
                case "ask":
                    self._asks(TARGETS[0], "flood")
                case "leave":
                    self._asks(TARGETS[1], LEFT_TO_NOBODY)
                case "withdraw":
                    self._withdraws()
                case "answer":
                    self._answers()
                case _:
                    self._does(self._asks_to_link)

    def _asks(self, target: str, why: str) -> None:
        self._requests += 1
        reason = f"{why} {self.persona.slack}/{self._requests:03}."
        if self._does(lambda: self._types(f"/elevate {target} 1m {reason}")):
            self._notes("request", reason)

    def _withdraws(self) -> None:
        """Takes back what waits, if it is not to expire."""
        waiting = [receipt for receipt in self._sees()["direct"] if button(receipt, "request.withdraw")]
        theirs = [receipt for receipt in waiting if LEFT_TO not in text_of(receipt)]
        if theirs and self._presses(theirs[-1], "request.withdraw"):
            self._notes("withdraw", subject_of(theirs[-1]).id)

    def _answers(self) -> None:
        """Approves any request, their own too, which only reviewers may."""
        waiting = [card for card in self._cards() if button(card, "review.approve")]
        card = self._chance.choice(waiting) if waiting else None
        if card and self._presses(card, "review.approve"):
            self._notes("approve", subject_of(card).id)


class Ada(Tireless):
    """Ada, who asks Bob, and ends her access once she has it."""

    def __init__(self, world: World, chance: Random) -> None:
        """Takes her on."""
        super().__init__(world, ADA, chance)

    def works(self, is_over: Event) -> None:
        """Asks for one target and then for the other."""
        for number in range(ASKS_AT_MOST):
            if is_over.wait(self._chance.uniform(*ADA_RESTS)):
                return
            self._asks(TARGETS[number % 2], f"{LEFT_TO_BOB} {number:02}.")
            is_over.wait(ADA_NEEDS_IT_FOR)
            self._ends_all()

    def _asks(self, target: str, errand: str) -> None:
        """Asks, and waits until she has access, but not for long."""
        assert self._does(lambda: self._types(f"/elevate {target} 15m {errand}"))
        self._notes("request", errand)
        self._waits_for(lambda seen: _can_be_ended(receipt_of(seen, errand)))

    def _ends_all(self) -> None:
        """Ends also what was approved when she looked no more."""
        for receipt in filter(_can_be_ended, self._sees()["direct"]):
            if self._presses(receipt, "request.end"):
                self._notes("end", subject_of(receipt).id)


def _can_be_ended(receipt: Json | None) -> bool:
    return receipt is not None and button(receipt, "request.end") is not None


class Approval(NamedTuple):
    """A press of Bob's: its moments, in seconds since 1970."""

    request: str
    pressed: float
    acknowledged: float
    over: float
    """When Slack showed it on the card, or Bob looked no more."""
    is_shown: bool

    @property
    def took(self) -> float:
        """How many seconds that took."""
        return self.over - self.pressed


class Bob(Tireless):
    """Bob, who approves what Ada asks for, and looks at each card until it says so."""

    def __init__(self, world: World, chance: Random) -> None:
        """Takes him on."""
        super().__init__(world, BOB, chance)
        self.approvals: list[Approval] = []
        self._unseen: dict[str, tuple[float, float]] = {}

    def works(self, is_over: Event) -> None:
        """Approves one request after another, until it is over and he has seen what became of all."""
        while not is_over.is_set() or self._unseen:
            time.sleep(BOB_LOOKS_EVERY)
            cards = {subject_of(card).id: card for card in self._cards() if LEFT_TO_BOB in text_of(card)}
            now = time.time()
            for request in list(self._unseen):
                self._looks(request, cards[request], now)
            signed_in = self.sign_ins
            self._sees()
            if self.sign_ins > signed_in:
                for request in list(self._unseen):
                    self._is_done(request, now, is_shown=False)  # what was answered before that was refused
            for request, card in cards.items():
                if request not in self._unseen and button(card, "review.approve") and not is_over.is_set():
                    self._approves(card)

    def _looks(self, request: str, card: Json, now: float) -> None:
        """Sees whether the card says that he has approved."""
        if any(status in text_of(card) for status in (SHOWN["approved"], SHOWN["ended"])):
            self._is_done(request, seconds_of(card["edited"]), is_shown=True)
        elif now > self._unseen[request][0] + BOB_WAITS:
            self._is_done(request, now, is_shown=False)

    def _is_done(self, request: str, over: float, *, is_shown: bool) -> None:
        """Looks at it no more."""
        self.approvals.append(Approval(request, *self._unseen.pop(request), over, is_shown))

    def _approves(self, card: Json) -> None:
        request = subject_of(card).id
        pressed = 0.0

        def press() -> None:
            nonlocal pressed
            pressed = time.time()
            self._slack.presses(self.persona.slack, "review.approve", card)

        if self._does(press):
            self._notes("approve", request)
            self._unseen[request] = (pressed, time.time())


class Limit:
    """Slack's limit of a method, which is exceeded again and again."""

    def __init__(self, world: World, method: str, chance: Random) -> None:
        """Limits nothing yet."""
        self._slack = world.slack
        self._method = method
        self._chance = chance
        self.exceeded: list[tuple[float, float]] = []
        """From when until when it was, in seconds since 1970."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Exceeds it from time to time; Slack says how long to wait."""
        is_over = Event()
        thread = Thread(target=self._works, args=(is_over,))
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _works(self, is_over: Event) -> None:
        while not is_over.wait(self._chance.uniform(*UNLIMITED_FOR)):
            seconds = self._chance.choice(TOLD_TO_WAIT)
            since = time.time()
            self._slack.limits(self._method, seconds)
            is_over.wait(seconds - self._chance.uniform(*WAITS_LESS))
            self._slack.recovers()
            self.exceeded.append((since, time.time()))
