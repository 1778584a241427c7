"""What the bot says and shows has the form that Slack's own models and types demand."""

import pytest

from world.company import ADA, PROD
from world.judges import Emitted, Shown, slack_sdk, snapshots, tsc
from world.play import ASK, World
from world.slack import Json

TEXT = {"type": "plain_text", "text": "Approve"}
MARKDOWN = {"type": "mrkdwn", "text": "*Approve*"}
BUTTON = {"type": "button", "action_id": "review.approve", "text": TEXT}
SECTION = {"type": "section", "text": MARKDOWN}


def actions(*elements: Json) -> Json:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


MODAL = {"type": "modal", "title": TEXT, "blocks": [SECTION]}
JUDGES = {judge.__name__: judge for judge in (slack_sdk, tsc)}
BOTH = set(JUDGES)

FAULTY: dict[str, tuple[Shown, set[str]]] = {
    "a misspelled field": ([SECTION | {"colour": "red"}], BOTH),
    "a misspelled field of an element": ([actions(BUTTON | {"vaule": "1"})], BOTH),
    "a misspelled field of a view": (MODAL | {"submitt": TEXT}, BOTH),
    "an unknown block": ([SECTION | {"type": "paragraph"}], BOTH),
    "an unknown element": ([actions(BUTTON | {"type": "knob"})], BOTH),
    "an unknown style": ([actions(BUTTON | {"style": "loud"})], BOTH),
    "an input of nothing": ([{"type": "input", "label": TEXT}], BOTH),
    "markup on a button": ([actions(BUTTON | {"text": MARKDOWN})], {"tsc"}),
    "a view without title": ({"type": "modal", "blocks": [SECTION]}, {"tsc"}),
    "a section without text": ([{"type": "section"}], {"slack_sdk"}),
    "a text that is too long": (
        [{"type": "section", "text": MARKDOWN | {"text": "x" * 3001}}],
        {"slack_sdk"},
    ),
    "a label that is too long": ([actions(BUTTON | {"text": TEXT | {"text": "x" * 76}})], {"slack_sdk"}),
    "a title that is too long": (MODAL | {"title": TEXT | {"text": "x" * 25}}, {"slack_sdk"}),
    "too many buttons": ([actions(*[BUTTON] * 26)], {"slack_sdk"}),
}


def test_the_bot_says_and_shows_all_that_it_can(world: World) -> None:
    world.carol.types(ASK)
    world.carol.hears("is not linked yet")
    for command, answer in {
        "help": "Time-bound access to AWS roles",
        "status": "You can request",
        "nonsense": "is not a target",
        f"{PROD}/S3Admin 9h too long": "longer than the maximum of 8h",
    }.items():
        world.ada.types(f"/elevate {command}")
        world.ada.hears(answer)
    world.ada.types(ASK)
    world.reviews.shows("*Waiting*")
    world.ada.types(ASK)
    world.ada.hears("You already have a request")
    world.ada.presses("request.withdraw")
    world.reviews.shows("*Withdrawn*")
    world.approved(f"/elevate {PROD}/S3Admin 1h <!channel> & *all*")
    world.ada.types("/elevate unlink")
    world.ada.is_told("is no longer linked to", ADA.email)


@pytest.mark.parametrize("judge", JUDGES)
def test_what_the_bot_has_said_and_shown_is_without_fault(emitted: Emitted, judge: str) -> None:
    assert emitted.shown, "nothing has been said"
    assert JUDGES[judge](emitted.shown) == []


@pytest.mark.parametrize("judge", JUDGES)
def test_the_snapshots_of_what_it_can_say_and_show_are_without_fault(judge: str) -> None:
    drawn = snapshots()
    assert len(drawn) >= 17, "the snapshots are not where they were"
    assert JUDGES[judge](drawn) == []


@pytest.mark.parametrize("judge", JUDGES)
def test_what_is_faulty_is_refused(judge: str) -> None:
    refused = [each.what for each in JUDGES[judge]([shown for shown, _ in FAULTY.values()])]
    seen = {name for name, (shown, _) in FAULTY.items() if shown in refused}
    assert seen == {name for name, (_, judges) in FAULTY.items() if judge in judges}
