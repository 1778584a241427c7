"""The story, whole: from the first `/elevate` to the moment at which AWS refuses what it allowed before."""

import time

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from world.aws import Credentials
from world.company import ADA, AUDIT_CHANNEL, BOB, PROD, REVIEW_CHANNEL, STAGING
from world.play import ASK, World
from world.process import eventually

ONE_MINUTE = 60.0


def may_list_buckets(world: World, credentials: Credentials) -> bool:
    """Whether AWS lets these credentials list buckets at this moment, as it says itself."""
    try:
        world.aws.client("s3", credentials).list_buckets()
    except ClientError as error:
        assert "explicit deny" in str(error), error
        return False
    return True


def test_ada_asks_bob_approves_and_aws_refuses_her_from_the_windows_end_on(world: World) -> None:
    before_approval = time.time()
    link = world.approved(f"/elevate {PROD}/S3Admin 1m bucket policy broken")
    after_approval = time.time()

    console = world.ada.opens(link)
    assert "AWS console" in console.text, console
    world.audit.shows("*Session issued*", ADA.email)
    credentials = world.signin.credentials_behind(console.url)
    who = world.aws.client("sts", credentials).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{PROD}:assumed-role/S3Admin/{ADA.email}"

    assert may_list_buckets(world, credentials)
    with pytest.raises(ClientError, match="AccessDenied"):
        world.aws.client("dynamodb", credentials).list_tables()

    assert "This link has been used" in world.ada.opens(link).text

    eventually(lambda: not may_list_buckets(world, credentials), lambda: "AWS never refuses", within=90)
    refused = time.time()
    assert before_approval + ONE_MINUTE - 1 <= refused <= after_approval + ONE_MINUTE + 1

    world.reviews.shows("*Ended* · the window closed")
    world.ada.is_told("*Ended* · the window closed")
    world.audit.shows("*Ended*", ADA.email)
    world.ada.presses("session.open")


def test_a_link_that_is_passed_on_opens_nothing_for_bob(world: World) -> None:
    link = world.approved()
    page = world.bob.opens(link)
    assert page.status == 403 and f"You signed in as {BOB.email}" in page.text, page
    world.audit.shows("*Refused*", "<@U0ADA> tried to open the AWS console", BOB.email)
    assert world.signin.sessions == 0

    assert "AWS console" in world.ada.opens(link).text, "the link is Ada's as before"


def test_bob_rejects_and_says_why(world: World) -> None:
    world.ada.types("/elevate")
    world.ada.is_shown_a_form("Account and role")
    outcome = world.ada.submits(target=f"{PROD}/S3Admin", duration="1h", justification="curious")
    assert outcome == {"closed": True}
    world.reviews.shows("*Waiting*", "curious")

    world.bob.presses("review.reject")
    world.bob.is_shown_a_form("Why")
    assert world.bob.submits(reason="not without an incident") == {"closed": True}
    world.reviews.shows("*Rejected* by", BOB.email, "not without an incident")
    world.ada.is_told("*Rejected* by", BOB.email, "not without an incident")
    world.audit.shows("*Rejected*", "not without an incident")


def test_a_role_that_trusts_somebody_else_gives_no_session(world: World) -> None:
    page = world.ada.opens(world.approved(f"/elevate {STAGING}/ReadOnly 1h look around"))
    assert page.status == 502 and "does not allow sts:AssumeRole" in page.text, page
    world.audit.shows("*Session refused*", "does not allow sts:AssumeRole")
    assert world.signin.sessions == 0


def test_with_the_wrong_external_id_there_is_no_session(world: World) -> None:
    world.stop_serving()
    world.serve(ELEVATE_AWS__EXTERNAL_ID="somebody-elses")
    page = world.ada.opens(world.approved())
    assert page.status == 502 and "aws.external_id" in page.text, page
    world.audit.shows("*Session refused*", "does not allow sts:AssumeRole")
    assert world.signin.sessions == 0


def test_access_that_ada_ends_early_gives_no_further_session(world: World) -> None:
    link = world.approved()
    world.ada.presses("request.end")
    world.reviews.shows("*Ended early* by", ADA.email)
    page = world.ada.opens(link)
    assert page.status == 403 and "Access is not open: this request is ended" in page.text, page
    assert world.signin.sessions == 0


def test_what_is_secret_is_neither_kept_nor_said_nor_logged(world: World) -> None:
    link = world.approved()
    console = world.ada.opens(link)
    credentials = world.signin.credentials_behind(console.url)
    world.audit.shows("*Session issued*")
    secrets = {
        "the session's key": credentials.secret_key,
        "the session's token": str(credentials.token),
        "the ticket": link.rpartition("/")[2],
        **{f"refresh token {n}": token for n, token in enumerate(world.idp.refresh_tokens_of(ADA))},
    }
    seen = {
        "the table": str(world.ground.rows()),
        "the log": world.elevate.said(),
        "the channels": str(world.slack.messages(REVIEW_CHANNEL) + world.slack.messages(AUDIT_CHANNEL)),
        "Ada's messages": str(world.slack.view_of(ADA.slack)["direct"]),
    }
    assert [(secret, where) for secret in secrets for where in seen if secrets[secret] in seen[where]] == []
    assert ADA.email in seen["the table"] and "serving" in seen["the log"]


def test_what_a_bot_was_killed_over_is_done_when_it_serves_again(world: World) -> None:
    world.slack.is_slow("users.info", milliseconds=5_000)
    world.ada.types(ASK)
    world.elevate.kill()
    world.slack.recovers()
    world.serve()
    world.ada.hears("on its way", within=ONE_MINUTE + 30)
    world.reviews.shows("*Waiting*")
    assert len(world.slack.messages(REVIEW_CHANNEL)) == 1
