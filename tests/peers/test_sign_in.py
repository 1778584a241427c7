"""How people sign in at a certified provider: where it tells their groups, how recent it was, and when it is over."""

from collections.abc import Callable
from pathlib import Path

import pytest

from world.aws import Aws, Credentials
from world.company import ADA, BOB
from world.ground import Ground
from world.play import ASK, World

STEP_UP = {"ELEVATE_ACCESS__STEP_UP__MAX_AGE": "5m"}


def begins(world: World, **environment: str) -> World:
    """Lets the bot serve with these settings, and links Ada and Bob."""
    world.ground.make_table()
    world.serve(**environment)
    world.ada.links()
    world.bob.links()
    return world


@pytest.fixture
def at_userinfo(world_on: Callable[..., World], aws: Aws, broker: Credentials, tmp_path: Path) -> World:
    """A world whose provider tells addresses and groups at userinfo alone."""
    return world_on(Ground(aws, broker, f"elevate-{tmp_path.name}"), claims_at_userinfo=True)


def test_groups_and_addresses_may_come_from_userinfo(at_userinfo: World) -> None:
    world = begins(at_userinfo, ELEVATE_OIDC__GROUPS_FROM="userinfo")
    assert "AWS console" in world.ada.opens(world.approved()).text
    world.idp.puts_into(ADA)
    world.ada.types(ASK)
    world.ada.hears("You are not eligible")
    world.stop_serving()


def test_a_sign_in_of_just_now_is_recent_enough(installed: World) -> None:
    world = begins(installed, **STEP_UP)
    assert "AWS console" in world.ada.opens(world.approved()).text
    world.stop_serving()


def test_a_sign_in_that_is_not_as_strong_as_was_asked_for_opens_nothing(installed: World) -> None:
    world = begins(installed, ELEVATE_ACCESS__STEP_UP__ACR_VALUES="phr")
    page = world.ada.opens(world.approved())
    assert page.status == 403 and "a stronger sign-in than the one you used. Accepted: phr" in page.text, page
    world.audit.shows("*Refused*", "tried to open the AWS console")
    assert world.signin.sessions == 0
    world.stop_serving()


def test_a_reviewer_signs_in_to_answer(installed: World) -> None:
    world = begins(installed, ELEVATE_ACCESS__STEP_UP__REVIEW="true", **STEP_UP)
    world.ada.types(ASK)
    world.reviews.shows("*Waiting*")
    world.bob.presses("review.approve")
    world.bob.hears("Sign in to approve")
    link = world.bob.presses("review.open")
    page = world.ada.follows_link(link)
    assert page.status == 403 and f"You signed in as {ADA.email}" in page.text, page
    assert "*Waiting*" in world.card()
    page = world.bob.follows_link(link)
    assert "The request is approved." in page.text, page
    world.reviews.shows("*Approved* by", BOB.email)
    world.stop_serving()


def test_who_signs_out_at_the_provider_signs_in_again(installed: World) -> None:
    world = begins(installed)
    page = world.idp.signs_out(world.ada.browser)
    assert page.status == 200, page
    world.ada.is_told(f"you signed out as *{ADA.email}*")
    world.audit.shows("*Signed out*", ADA.email)
    world.ada.types(ASK)
    world.ada.hears("Your identity provider requires you to sign in again")
    page = world.ada.follows_link(world.ada.presses("person.link"))
    assert "Linked" in page.text, page
    world.ada.types(ASK)
    world.ada.hears("on its way")
    world.stop_serving()
