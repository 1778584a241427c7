"""The sandbox's Socket Mode, as `slack_sdk` finds it: it connects, hears and acknowledges."""

from collections.abc import Iterator
from queue import Queue

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from world.company import ADA, APP_TOKEN, BOB, BOT_TOKEN, GENERAL_CHANNEL, REVIEW_CHANNEL, TEAM
from world.slack import Slack

BUTTON = {"type": "button", "action_id": "greet", "text": {"type": "plain_text", "text": "Greet"}}


class Bot:
    """A bot that says hello to whatever it hears, as far as that can be answered."""

    def __init__(self, slack: Slack) -> None:
        """Connects."""
        self.heard: Queue[SocketModeRequest] = Queue()
        self.said: Queue[str] = Queue()
        self.web = WebClient(token=BOT_TOKEN, base_url=f"{slack.api_url}/")
        self._client = SocketModeClient(
            app_token=APP_TOKEN, web_client=self.web, on_message_listeners=[self.said.put]
        )
        self._client.socket_mode_request_listeners.append(self._hears)
        self._client.connect()

    def close(self) -> None:
        """Hangs up."""
        self._client.close()

    def _hears(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        payload = {"text": "Hello"} if request.accepts_response_payload else None
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=payload))
        self.heard.put(request)


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    """A workspace whose bot listens at no address."""
    slack = Slack(None, tmp_path_factory.mktemp("slack"))
    yield slack
    slack.program.kill()


@pytest.fixture(scope="module")
def bot(slack: Slack) -> Iterator[Bot]:
    """The bot, which has been greeted."""
    bot = Bot(slack)
    assert '"hello"' in bot.said.get(timeout=10)
    yield bot
    bot.close()


def test_a_command_is_heard_and_answered(slack: Slack, bot: Bot) -> None:
    ack = slack.types(ADA.slack, GENERAL_CHANNEL, "/elevate 1h")["ack"]
    assert ack["status"] == 200
    request = bot.heard.get(timeout=10)
    assert request.type == "slash_commands"
    assert request.payload["text"] == "1h"
    assert (request.payload["team_id"], request.payload["user_id"]) == (TEAM, ADA.slack)
    assert "Hello" in str(slack.view_of(ADA.slack)["ephemerals"])


def test_a_press_is_heard_and_acknowledged(slack: Slack, bot: Bot) -> None:
    bot.web.chat_postMessage(
        channel=REVIEW_CHANNEL, text="Greet", blocks=[{"type": "actions", "elements": [BUTTON]}]
    )
    assert slack.presses(BOB.slack, "greet")["ack"]["status"] == 200
    request = bot.heard.get(timeout=10)
    assert request.type == "interactive"
    assert request.payload["type"] == "block_actions"
    assert request.payload["actions"][0]["action_id"] == "greet"
    assert request.payload["user"]["id"] == BOB.slack
