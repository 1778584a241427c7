"""All at once: killed replicas, an archived audit channel, a flood, and a Slack that limits what it is asked."""

import os
import time
from collections.abc import Callable, Iterable
from random import Random

import pytest

from world.aftermath import Aftermath
from world.company import AUDIT_CHANNEL, REVIEW_CHANNEL
from world.crowd import Crowd, People
from world.ledger import seconds_of
from world.play import World
from world.replicas import Replicas
from world.slack import subject_of
from world.trouble import Ada, Approval, Bob, Flooder, Limit

REPLICAS = 3
PEOPLE = People(ask=8, answer=3)
ERRANDS = 100
KILLS = 8
FLOODERS = 3
ARCHIVED = (15, 80)
"""How many errands people have set out on when the audit channel is archived, and when it is unarchived."""

APPROVED_WITHIN = 5.0
WRITTEN_WITHIN = 15.0
"""How soon the clock's end of a request is written: sweepers look every five seconds."""
TAKEN_OVER_WITHIN = 75.0
"""How soon other replicas do what a killed one had begun: its leases last a minute."""


def test_in_all_trouble_at_once_nothing_is_lost_and_bob_approves_in_five_seconds(
    installed: World,
    replicas_of: Callable[..., Replicas],
    chance: Random,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replicas = replicas_of(REPLICAS, ELEVATE_ACCESS__REQUEST_TTL="2m")
    ada, bob = Ada(installed, Random(chance.random())), Bob(installed, Random(chance.random()))
    flooders = [Flooder(installed, n, Random(chance.random())) for n in range(FLOODERS)]
    crowd = Crowd(installed, chance, PEOPLE, ERRANDS, [ada, bob, *flooders])
    limit = Limit(installed, "users.info", Random(chance.random()))
    archived: list[float] = []

    def archives() -> None:
        installed.slack.archives(AUDIT_CHANNEL)
        archived.append(time.time())

    def unarchives() -> None:
        archived.append(time.time())
        installed.slack.unarchives(AUDIT_CHANNEL)

    trouble = [(errands, replicas.kills_one) for errands in chance.sample(range(ERRANDS), KILLS)]
    trouble += zip(ARCHIVED, (archives, unarchives), strict=True)
    began = time.time()
    with limit.at_work(), crowd.at_work():
        for errands, happens in sorted(trouble, key=lambda each: each[0]):
            crowd.has_set_out_on(errands)
            time.sleep(chance.random())
            happens()
    ended = time.time()
    replicas.all_serve()
    after = Aftermath(installed, crowd)

    in_time = [each for each in bob.approvals if each.is_shown and each.took <= APPROVED_WITHIN]
    deadlines = after.ledger.deadlines()
    repeats = after.repeats()
    limited = sum(until - since for since, until in limit.exceeded)
    parts = [parts_of(each, after, limit) for each in bob.approvals]
    with capsys.disabled():
        print(
            f"{len(after.ledger.histories)} requests, {replicas.kills} kills; "
            f"{len(crowd.taken)} presses that Slack took, {crowd.failures} that it showed to have failed; "
            f"{len(after.ledger.events())} events; told twice: {repeats}; "
            f"{ended - began:.0f} s of work, {after.rested_at - ended:.0f} s until nothing was left to do; "
            f"load {os.getloadavg()[0]:.1f}\n"
            f"users.info limited for {limited:.0f} s; audit channel {audit_figures(after, archived)}\n"
            f"{len(in_time)} of {len(bob.approvals)} approvals of Bob's in time: "
            f"{seconds(each.took for each in bob.approvals)}; "
            f"seconds from press to answer/decision/card, * if limited: {', '.join(parts)}\n"
            f"{len(deadlines)} ends by the clock, written after {seconds(each.late for each in deadlines)}"
        )

    replicas.stop("health: channel cannot be used")
    assert after.faults() == {}
    assert sum(repeats.values()) <= replicas.kills
    late_approvals = [
        each for each in bob.approvals if is_late(replicas, each.pressed, each.over, APPROVED_WITHIN)
    ]
    assert late_approvals == []
    assert len(in_time) >= 5
    late_ends = [each for each in deadlines if is_late(replicas, each.due, each.written, WRITTEN_WITHIN)]
    assert late_ends == []
    assert {after.ledger.histories[each.request].status for each in deadlines} == {"ended", "expired"}
    in_reviews = installed.slack.messages(REVIEW_CHANNEL)
    assert any(subject_of(message).kind == "channel_trouble" for message in in_reviews)


def is_late(replicas: Replicas, since: float, until: float, within: float) -> bool:
    """Whether something took too long, and longer than it takes to do what a killed replica had begun."""
    if until - since <= within:
        return False
    was_hit = replicas.kills_between(since, since + within) > 0
    return not was_hit or until - since > within + TAKEN_OVER_WITHIN * replicas.kills_between(since, until)


def parts_of(approval: Approval, after: Aftermath, limit: Limit) -> str:
    """When an approval was acknowledged, decided and shown, in seconds after the press."""
    events = after.ledger.histories[approval.request].events
    decided = [seconds_of(event["at"]) for event in events if event["what"] == "approved"]
    moments = [approval.acknowledged, *decided, approval.over]
    was_limited = any(since <= approval.pressed <= until for since, until in limit.exceeded)
    return "/".join(f"{moment - approval.pressed:.1f}" for moment in moments) + "*" * was_limited


def audit_figures(after: Aftermath, archived: list[float]) -> str:
    """How long the audit channel was archived, and how long lines waited after that, or after their event."""
    since, until = archived
    posts = after.audit.posts()
    backlog = [posted - until for happened, posted in posts if since <= happened <= until]
    others = [posted - happened for happened, posted in posts if not since <= happened <= until]
    return (
        f"archived for {until - since:.0f} s, {len(backlog)} events told {seconds(backlog)} after that; "
        f"{len(others)} others told after {seconds(others)}"
    )


def seconds(figures: Iterable[float]) -> str:
    """The median and the greatest."""
    ordered = sorted(figures)
    return f"{ordered[len(ordered) // 2]:.1f} s, at most {ordered[-1]:.1f} s" if ordered else "no time"
