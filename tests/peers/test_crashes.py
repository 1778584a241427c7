"""Replicas are killed while people work: nothing that Slack took is lost, and nothing is done twice."""

import time
from collections.abc import Callable
from random import Random

import pytest

from world.aftermath import Aftermath
from world.crowd import Crowd, People
from world.play import World
from world.replicas import Replicas

REPLICAS = 3
PEOPLE = People(ask=24, answer=6)
ERRANDS = 200
KILLS = 20


def test_what_slack_took_is_done_once_whichever_replicas_are_killed_over_it(
    installed: World,
    replicas_of: Callable[..., Replicas],
    chance: Random,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replicas = replicas_of(REPLICAS)
    crowd = Crowd(installed, chance, PEOPLE, ERRANDS)
    began = time.time()
    with crowd.at_work():
        for errands in sorted(chance.sample(range(ERRANDS), KILLS)):
            crowd.has_set_out_on(errands)
            time.sleep(chance.random())
            replicas.kills_one()
    ended = time.time()
    replicas.all_serve()
    after = Aftermath(installed, crowd)
    replicas.stop()

    repeats = after.repeats()
    with capsys.disabled():
        print(
            f"{len(after.ledger.histories)} requests, {replicas.kills} kills; "
            f"{len(crowd.taken)} presses that Slack took, {crowd.failures} that it showed to have failed; "
            f"{len(after.ledger.events())} events; told twice: {repeats}; "
            f"{ended - began:.0f} s of work, {after.rested_at - ended:.0f} s until nothing was left to do"
        )

    assert after.faults() == {}
    assert sum(repeats.values()) <= replicas.kills
