"""Replicas are killed while people work: nothing that Slack took is lost, and nothing is done twice."""

import time
from collections.abc import Iterator
from random import Random

import pytest

from world.company import AUDIT_CHANNEL, REVIEW_CHANNEL
from world.crowd import Crowd
from world.ledger import Ledger
from world.play import World
from world.process import eventually
from world.replicas import Replicas
from world.slack import text_of
from world.told import Audit, Copies

REPLICAS = 3
ERRANDS = 200
KILLS = 20
RESTS_WITHIN = 180.0
"""How long all may take to be done: what a killed replica had begun is left to it for a minute."""


@pytest.fixture
def chance(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Random:
    """What people do, and which replica is killed when; from a seed, so that it can be had again."""
    seed = request.config.getoption("--seed")
    with capsys.disabled():
        print(f"\n--seed {seed}")
    return Random(seed)


@pytest.fixture
def replicas(installed: World, chance: Random) -> Iterator[Replicas]:
    """Three of them, which serve."""
    installed.ground.make_table()
    replicas = Replicas(installed, REPLICAS, chance)
    yield replicas
    replicas.close()


def comes_to_rest(world: World) -> Ledger:
    """Waits until nothing is left to do, and hands back the table as it is then."""

    def look() -> Ledger | None:
        ledger = Ledger(world.ground.rows())
        return ledger if not ledger.undone(time.time()) else None

    def otherwise() -> str:
        return f"left undone: {Ledger(world.ground.rows()).undone(time.time())}"

    return eventually(look, otherwise, RESTS_WITHIN, every=2)


def test_what_slack_took_is_done_once_whichever_replicas_are_killed_over_it(
    installed: World, replicas: Replicas, chance: Random, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd = Crowd(installed, chance, ERRANDS)
    began = time.monotonic()
    with crowd.at_work():
        for errands in sorted(chance.sample(range(ERRANDS), KILLS)):
            crowd.has_set_out_on(errands)
            time.sleep(chance.random())
            replicas.kills_one()
    ended = time.monotonic()
    replicas.all_serve()
    ledger = comes_to_rest(installed)
    rested = time.monotonic()
    replicas.stop()

    seen = crowd.sees()
    direct = [message for view in seen.values() for message in view["direct"]]
    audit = Audit(ledger, installed.slack.messages(AUDIT_CHANNEL))
    cards = Copies("review_card", installed.slack.messages(REVIEW_CHANNEL), lambda _: REVIEW_CHANNEL)
    receipts = Copies("receipt", direct, lambda history: f"D{history.requester}")
    repeats = {"audit lines": audit.repeats(), "cards": cards.repeats(), "receipts": receipts.repeats()}
    with capsys.disabled():
        print(
            f"{len(ledger.histories)} requests, {replicas.kills} kills; "
            f"{len(crowd.taken)} presses that Slack took, {crowd.failures} that it showed to have failed; "
            f"{len(ledger.events())} events; told twice: {repeats}; "
            f"{ended - began:.0f} s of work, {rested - ended:.0f} s until nothing was left to do"
        )

    assert ledger.faults() == []
    assert ledger.unkept(crowd.taken) == []
    assert ledger.unheard({who: [*map(text_of, view["ephemerals"])] for who, view in seen.items()}) == []
    assert (audit.untold(), audit.invented()) == (set(), set())
    assert (cards.missing(ledger), receipts.missing(ledger)) == ([], [])
    assert sum(repeats.values()) <= replicas.kills
    assert audit.out_of_order() == {}
