"""The sandbox's Web API, as `slack_sdk` finds it: what is wrong has Slack's name for it."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from world.company import (
    ADA,
    APP_TOKEN,
    AUDIT_CHANNEL,
    BOB,
    BOT_TOKEN,
    CAROL,
    GENERAL_CHANNEL,
    REVIEW_CHANNEL,
    TEAM,
)
from world.process import ROOT
from world.receiver import Receiver
from world.slack import Slack

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Hello*"}}
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Hello"}, "blocks": [SECTION]}
HOME = {"type": "home", "blocks": [SECTION]}
NOWHERE = "C0NOWHERE"
NOBODY = "U0NOBODY"


@pytest.fixture(scope="module")
def bot() -> Iterator[Receiver]:
    """A bot that says nothing."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def slack(bot: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    """One workspace for all tests, which leave each other alone."""
    slack = Slack(bot.url, tmp_path_factory.mktemp("slack"))
    yield slack
    slack.program.kill()


@pytest.fixture(scope="module")
def client(slack: Slack) -> WebClient:
    """The bot's own client."""
    return WebClient(token=BOT_TOKEN, base_url=f"{slack.api_url}/")


def code_of(call: Callable[[], Any]) -> str:
    """The name that Slack gives to what is wrong with a call."""
    with pytest.raises(SlackApiError) as refused:
        call()
    return str(refused.value.response["error"])


def trigger(slack: Slack, bot: Receiver) -> str:
    """What lets the bot open a form in front of Ada."""
    slack.types(ADA.slack, GENERAL_CHANNEL, "/elevate")
    found = re.search(rb"trigger_id=([^&]+)", bot.posts[-1].body)
    assert found
    return found[1].decode()


def test_the_bot_learns_who_it_is_and_who_others_are(client: WebClient) -> None:
    assert client.auth_test()["team_id"] == TEAM
    ada = client.users_info(user=ADA.slack)["user"]
    assert (ada["team_id"], ada["profile"]["email"], ada["is_email_confirmed"]) == (TEAM, ADA.email, True)
    assert code_of(lambda: client.users_info(user=NOBODY)) == "user_not_found"


def test_only_the_bots_own_token_counts(slack: Slack, client: WebClient) -> None:
    def with_token(token: str | None) -> WebClient:
        return WebClient(token=token, base_url=client.base_url)

    assert code_of(with_token("xoxb-somebody-elses").auth_test) == "invalid_auth"
    assert code_of(with_token(None).auth_test) == "not_authed"
    assert code_of(with_token(APP_TOKEN).auth_test) == "not_allowed_token_type"


def test_a_socket_is_opened_with_the_apps_token_alone(client: WebClient) -> None:
    assert client.apps_connections_open(app_token=APP_TOKEN)["url"].startswith("ws://127.0.0.1:")
    assert code_of(lambda: client.apps_connections_open(app_token=BOT_TOKEN)) == "not_allowed_token_type"


def test_conversations_are_looked_at_and_opened(client: WebClient) -> None:
    review = client.conversations_info(channel=REVIEW_CHANNEL)["channel"]
    assert (review["name"], review["is_member"], review["is_ext_shared"]) == ("access-reviews", True, False)
    assert code_of(lambda: client.conversations_info(channel=NOWHERE)) == "channel_not_found"

    direct = client.conversations_open(users=[ADA.slack])["channel"]["id"]
    assert client.conversations_open(users=ADA.slack)["already_open"]
    assert client.conversations_info(channel=direct)["channel"]["is_im"]
    assert code_of(lambda: client.conversations_open(users=NOBODY)) == "user_not_found"


def test_a_message_is_posted_changed_linked_to_and_found_again(client: WebClient) -> None:
    metadata = {"event_type": "elevate", "event_payload": {"event": "1"}}
    posted = client.chat_postMessage(
        channel=REVIEW_CHANNEL, text="Hello", blocks=[SECTION], metadata=metadata
    )
    ts = posted["ts"]
    assert posted["message"]["text"] == "Hello"
    changed = client.chat_update(channel=REVIEW_CHANNEL, ts=ts, text="Goodbye", blocks=[SECTION])
    assert (changed["ts"], changed["text"]) == (ts, "Goodbye")
    assert client.chat_getPermalink(channel=REVIEW_CHANNEL, message_ts=ts)["permalink"].endswith(
        ts.replace(".", "")
    )

    newest = client.conversations_history(channel=REVIEW_CHANNEL, limit=1, include_all_metadata=True)[
        "messages"
    ][0]
    assert (newest["ts"], newest["text"], newest["metadata"]) == (ts, "Goodbye", metadata)
    assert client.chat_postMessage(channel=BOB.slack, text="Hello")["channel"].startswith("D")


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
def test_what_cannot_be_posted_is_refused(client: WebClient) -> None:
    posts: dict[str, dict[str, Any]] = {
        "channel_not_found": {"channel": NOWHERE, "text": "Hello"},
        "no_text": {"channel": REVIEW_CHANNEL},
        "msg_too_long": {"channel": REVIEW_CHANNEL, "text": "x" * 40_001},
        "invalid_blocks": {
            "channel": REVIEW_CHANNEL,
            "text": "Hello",
            "blocks": [SECTION | {"colour": "red"}],
        },
        "invalid_arguments": {"channel": REVIEW_CHANNEL, "text": "Hello", "colour": "red"},
        "invalid_metadata_format": {"channel": REVIEW_CHANNEL, "text": "Hello", "metadata": {"event": "1"}},
        "thread_not_found": {"channel": REVIEW_CHANNEL, "text": "Hello", "thread_ts": "1.000001"},
    }
    for code, post in posts.items():
        assert code_of(partial(client.chat_postMessage, **post)) == code
    gone = "1.000001"
    assert (
        code_of(lambda: client.chat_update(channel=REVIEW_CHANNEL, ts=gone, text="Hello"))
        == "message_not_found"
    )
    assert (
        code_of(lambda: client.chat_getPermalink(channel=REVIEW_CHANNEL, message_ts=gone))
        == "message_not_found"
    )


def test_something_is_said_to_one_person_where_they_are(client: WebClient) -> None:
    assert client.chat_postEphemeral(channel=GENERAL_CHANNEL, user=ADA.slack, text="Hello")["message_ts"]
    where_she_is_not = partial(client.chat_postEphemeral, channel=AUDIT_CHANNEL, user=ADA.slack, text="Hello")
    assert code_of(where_she_is_not) == "user_not_in_channel"


def test_a_form_is_opened_once_and_in_time(slack: Slack, bot: Receiver, client: WebClient) -> None:
    first = trigger(slack, bot)
    opened = client.views_open(trigger_id=first, view=MODAL)["view"]
    assert code_of(lambda: client.views_open(trigger_id=first, view=MODAL)) == "exchanged_trigger_id"
    assert code_of(lambda: client.views_open(trigger_id="1.2.3", view=MODAL)) == "invalid_trigger_id"

    updated = client.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL)["view"]
    assert updated["hash"] != opened["hash"]
    stale = partial(client.views_update, view_id=opened["id"], hash=opened["hash"], view=MODAL)
    assert code_of(stale) == "hash_conflict"
    assert code_of(lambda: client.views_update(view_id="V0NONE", view=MODAL)) == "not_found"

    late = trigger(slack, bot)
    slack.waits(4)
    assert code_of(lambda: client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"


def test_a_home_tab_is_published(client: WebClient) -> None:
    assert client.views_publish(user_id=CAROL.slack, view=HOME)["view"]["type"] == "home"
    assert code_of(lambda: client.views_publish(user_id=NOBODY, view=HOME)) == "invalid_arguments"
    assert code_of(lambda: client.views_publish(user_id=CAROL.slack, view=MODAL)) == "invalid_arguments"


def test_who_is_too_fast_is_told_how_long_to_wait(slack: Slack, client: WebClient) -> None:
    slack.fails("chat.postMessage", {"rate_limited": 7})
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=GENERAL_CHANNEL, text="Hello")
    assert refused.value.response.status_code == 429
    assert refused.value.response["error"] == "ratelimited"
    assert refused.value.response.headers["Retry-After"] == "7"


def test_every_method_has_been_called(slack: Slack, client: WebClient) -> None:
    assert code_of(lambda: client.api_call("chat.delete")) == "unknown_method"
    source = (ROOT / "sandbox" / "src" / "slack" / "web_api.rs").read_text()
    offered = set(re.findall(r'name: "([a-zA-Z.]+)"', source))
    assert offered and offered <= slack.calls()
