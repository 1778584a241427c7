"""What the identity provider says of people counts at once, and what it does not say lets nobody in."""

from world.company import ADA, BOB, PROD, REVIEWERS
from world.play import ASK, World

SIGN_IN_AGAIN = "Your identity provider requires you to sign in again"
NO_ANSWER = "Your groups could not be checked because the identity provider did not respond"


def test_who_is_no_reviewer_any_more_approves_nothing(world: World) -> None:
    world.ada.types(ASK)
    world.reviews.shows("*Waiting*")
    world.idp.puts_into(BOB)
    world.bob.presses("review.approve")
    world.bob.hears(f"Only a member of {REVIEWERS} can answer this request")
    world.audit.shows("*Refused*", "tried to approve")

    world.idp.puts_into(BOB, REVIEWERS)
    world.bob.presses("review.approve")
    world.reviews.shows("*Approved*")


def test_who_is_put_into_the_reviewers_group_still_does_not_approve_their_own_request(world: World) -> None:
    world.idp.puts_into(ADA, *ADA.groups, REVIEWERS)
    world.ada.types(ASK)
    world.reviews.shows("*Waiting*")
    world.ada.presses("review.approve")
    world.ada.hears("You cannot answer your own request")


def test_who_is_not_eligible_any_more_asks_for_nothing_and_gets_no_session(world: World) -> None:
    link = world.approved()
    world.idp.puts_into(ADA)
    page = world.ada.opens(link)
    assert page.status == 403 and f"it requires membership in aws-temp#S3Admin#{PROD}" in page.text, page
    world.audit.shows("*Refused*", "tried to open the AWS console", "You are not eligible")
    assert world.signin.sessions == 0

    world.ada.types(f"/elevate {PROD}/S3Admin 1h again")
    world.ada.hears("You are not eligible")


def test_who_is_disabled_asks_for_nothing_and_signs_in_nowhere(world: World) -> None:
    link = world.approved()
    world.idp.disables(ADA)
    page = world.ada.opens(link)
    assert page.url.startswith(world.idp.issuer), page
    assert world.signin.sessions == 0
    world.ada.presses("request.end")
    world.ada.hears(SIGN_IN_AGAIN)
    page = world.ada.follows_link(world.ada.presses("person.link"))
    assert page.url.startswith(world.idp.issuer), page


def test_who_is_disabled_approves_nothing(world: World) -> None:
    world.ada.types(ASK)
    world.reviews.shows("*Waiting*")
    world.idp.disables(BOB)
    world.bob.presses("review.approve")
    world.bob.hears(SIGN_IN_AGAIN)
    world.audit.shows("*Refused*", "tried to approve", SIGN_IN_AGAIN)
    assert "*Waiting*" in world.card()


def test_keys_that_are_replaced_without_overlap_change_nothing_for_people(world: World) -> None:
    world.idp.rotates_keys()
    assert "AWS console" in world.ada.opens(world.approved()).text


def test_while_the_provider_gives_no_tokens_nothing_is_changed(world: World) -> None:
    world.ada.types(ASK)
    world.reviews.shows("*Waiting*")
    world.idp.gives_no_tokens(503)
    world.bob.presses("review.approve")
    world.bob.hears(NO_ANSWER)
    assert "*Waiting*" in world.card()
    world.ada.types(f"/elevate {PROD}/S3Admin 1h again")
    world.ada.hears(NO_ANSWER)

    world.idp.recovers()
    world.bob.presses("review.approve")
    world.ada.hears("Open AWS console")
    link = world.ada.presses("session.open")
    world.idp.gives_no_tokens(503)
    page = world.ada.opens(link)
    assert page.status == 503 and NO_ANSWER in page.text, page
    assert world.signin.sessions == 0

    world.idp.recovers()
    assert "AWS console" in world.ada.opens(link).text


def test_each_refresh_token_is_used_once(world: World) -> None:
    assert len(world.idp.refresh_tokens_of(ADA)) == 1
    for count in (2, 3, 4):
        world.ada.types(f"/elevate {PROD}/S3Admin 9h too long")
        world.ada.hears("9h is longer than the maximum of 8h")
        tokens = world.idp.refresh_tokens_of(ADA)
        assert len(set(tokens)) == count, tokens


def test_whose_tokens_are_taken_back_signs_in_again_and_goes_on(world: World) -> None:
    world.idp.revokes_tokens_of(ADA)
    world.ada.types(ASK)
    world.ada.hears(SIGN_IN_AGAIN)
    page = world.ada.follows_link(world.ada.presses("person.link"))
    assert "Linked" in page.text, page
    world.ada.types(ASK)
    world.ada.hears("on its way")


def test_who_signs_in_as_somebody_else_links_nothing(world: World) -> None:
    page = world.bob.follows_link(world.ada.asks_to_link())
    assert page.status == 403 and f"You signed in as {BOB.email}" in page.text, page
    world.audit.shows("*Refused*", "tried to link")
