"""Signatures, by `slack_sdk` on the other side: of what Slack sends, and of what the bot takes."""

import time
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from world.company import ADA, GENERAL_CHANNEL, SIGNING_SECRET, TEAM
from world.play import ASK, World
from world.receiver import Receiver

VERIFIER = SignatureVerifier(SIGNING_SECRET)


def test_what_slack_sends_is_signed(world: World) -> None:
    world.ada.types(ASK)
    world.reviews.shows("*Waiting*")
    world.bob.presses("review.reject")
    world.bob.is_shown_a_form("Why")

    with Receiver() as receiver:
        world.slack.installs(receiver.url)
        world.ada.types("/elevate status")
        world.bob.presses("review.approve")
        world.bob.submits(reason="no")
    assert [post.path for post in receiver.posts] == ["/slack/commands", *["/slack/interactions"] * 2]
    for post in receiver.posts:
        assert VERIFIER.is_valid_request(post.body, post.headers)
        assert not VERIFIER.is_valid_request(post.body + b"&", post.headers)
        assert not SignatureVerifier("somebody-elses-secret").is_valid_request(post.body, post.headers)


def test_what_slack_sdk_signs_is_taken_and_answered(world: World) -> None:
    with Receiver() as elsewhere:
        body = command("help", elsewhere.url)
        assert posted(world, body, signed(body)) == 200
        world.ada.hears("Time-bound access to AWS roles")
        assert elsewhere.posts == [], "an answer goes nowhere but to Slack"


def test_what_is_not_signed_as_it_is_sent_is_turned_away(world: World) -> None:
    heard_before = world.slack.view_of(ADA.slack)["ephemerals"]
    body = command("help", "https://hooks.slack.com/commands/T0/1/a")
    forgeries = {
        "no signature": {},
        "the signature of another body": signed(body.replace("help", "link")),
        "the signature of another secret": signed(body, SignatureVerifier("somebody-elses-secret")),
        "an old signature": signed(body, seconds_ago=301),
    }
    for path in ("/slack/commands", "/slack/interactions"):
        answers = {name: posted(world, body, headers, path) for name, headers in forgeries.items()}
        assert answers == dict.fromkeys(forgeries, 401)
    assert world.slack.view_of(ADA.slack)["ephemerals"] == heard_before


def command(text: str, response_url: str) -> str:
    """A slash command of Ada's, as Slack would encode it."""
    fields = {
        "team_id": TEAM,
        "user_id": ADA.slack,
        "channel_id": GENERAL_CHANNEL,
        "command": "/elevate",
        "text": text,
        "response_url": response_url,
        "trigger_id": f"{time.time_ns()}.1.a",
    }
    return urlencode(fields)


def signed(body: str, verifier: SignatureVerifier = VERIFIER, seconds_ago: int = 0) -> dict[str, str]:
    """The headers by which this body is Slack's."""
    timestamp = str(int(time.time()) - seconds_ago)
    signature = verifier.generate_signature(timestamp=timestamp, body=body)
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": str(signature)}


def posted(world: World, body: str, headers: dict[str, str], path: str = "/slack/commands") -> int:
    """With which status the bot answers this."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    return httpx.post(f"{world.product.url}{path}", content=body, headers=form | headers).status_code
