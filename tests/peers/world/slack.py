"""The Slack workspace: the sandbox's, in a process of its own, and what its people do and see."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from world.company import GENERAL_CHANNEL, REVIEW_CHANNEL, Persona
from world.process import EVENTUALLY, TARGET, Program, eventually

Json = dict[str, Any]


class Impossible(AssertionError):
    """Slack's client lets nobody do that: there is no such button, or no form."""


class Unanswered(AssertionError):
    """Slack shows that the bot gave no answer."""


REFUSALS = {404: Impossible, 409: Impossible, 424: Unanswered}
"""What a refusal of the control API means, by its status."""


class Slack:
    """The workspace, through its control API."""

    def __init__(self, bot_url: str | None, home: Path) -> None:
        """Opens it; commands and interactions go to `bot_url`, or else into Socket Mode."""
        command = [str(TARGET / "debug" / "sandbox"), "slack", "--port", "0"]
        command += ["--bot-url", bot_url] if bot_url else []
        self.program = Program("sandbox slack", command, {}, home / "slack.log")
        self.url = self.program.wait_for_address()
        self.api_url = f"{self.url}/api"
        self._control = httpx.Client(base_url=f"{self.url}/control", timeout=30)

    def types(self, person: str, channel: str, line: str) -> Any:
        """Somebody types a line; hands back how the bot answered."""
        return self._post(f"/people/{person}/type", {"channel": channel, "line": line})

    def presses(self, person: str, action: str, message: Json | None = None) -> Any:
        """Somebody presses a button: that of a message, or else the newest of its kind that they see."""
        place = {name: message[name] for name in ("channel", "ts")} if message else {}
        return self._post(f"/people/{person}/press", {"action": action, **place})

    def submits(self, person: str, fields: dict[str, str]) -> Any:
        """Somebody submits the form in front of them."""
        return self._post(f"/people/{person}/submit", {"fields": fields})

    def view_of(self, person: str) -> Any:
        """What somebody sees besides channels."""
        return self._get(f"/people/{person}/view")

    def messages(self, channel: str) -> Any:
        """What stands in a channel, oldest first."""
        return self._get(f"/channels/{channel}/messages")

    def emitted(self) -> Any:
        """Every message and view that the bot has ever sent."""
        return self._get("/emitted")

    def calls(self) -> set[str]:
        """The names of the Web API's methods that have been called."""
        return set(self._get("/calls"))

    def waits(self, seconds: int) -> None:
        """Lets time pass in the workspace."""
        self._post("/clock", {"advance_seconds": seconds})

    def is_slow(self, call: str, milliseconds: int) -> None:
        """Takes at least this long to answer calls of this method."""
        self._post("/latency", {"call": call, "milliseconds": milliseconds})

    def limits(self, call: str, seconds: int) -> None:
        """Refuses all calls of this method until it recovers, and names these seconds to wait."""
        self._post("/faults", {"call": call, "fault": {"rate_limited": seconds}})

    def recovers(self) -> None:
        """Is as fast as ever, and limits nothing."""
        self._control.delete("/faults").raise_for_status()

    def fails(self, call: str, fault: object) -> None:
        """Answers the next call of this method with a fault."""
        self._post("/faults", {"call": call, "fault": fault, "times": 1})

    def installs(self, bot_url: str) -> None:
        """Sends commands and interactions elsewhere from here on."""
        self._post("/install", {"bot_url": bot_url})

    def speaks_socket_mode(self) -> None:
        """Sends commands and interactions on connections that the bot holds open, from here on."""
        self._post("/install", {})

    def hires(self, persona: Persona) -> None:
        """Gives somebody an account, and a seat in #general and in the review channel."""
        profile = {"name": persona.login, "real_name": persona.name, "email": persona.email}
        self._put(f"/people/{persona.slack}", {**profile, "email_confirmed": True})
        for channel in (GENERAL_CHANNEL, REVIEW_CHANNEL):
            members = self._put(f"/channels/{channel}", {})["members"]
            self._put(f"/channels/{channel}", {"members": [*members, persona.slack]})

    def archives(self, channel: str) -> None:
        """Closes a channel: nothing can be posted there."""
        self._put(f"/channels/{channel}", {"is_archived": True})

    def unarchives(self, channel: str) -> None:
        """Opens it again."""
        self._put(f"/channels/{channel}", {"is_archived": False})

    def _get(self, path: str) -> Any:
        return _read(self._control.get(path))

    def _post(self, path: str, body: Json) -> Any:
        return _read(self._control.post(path, json=body))

    def _put(self, path: str, body: Json) -> Any:
        return _read(self._control.put(path, json=body))


def _read(answer: httpx.Response) -> Any:
    if not answer.is_success:
        fault = REFUSALS.get(answer.status_code, AssertionError)
        raise fault(f"{answer.request.url}: {answer.status_code} {answer.text}")
    return answer.json()


def text_of(shown: Json) -> str:
    """Everything there is to read in the blocks of a message or a view, in order."""
    return "\n".join(_texts(shown.get("blocks", [])))


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)


def button(shown: Json, action: str) -> Json | None:
    """The button in a message that does this, if it has one."""
    elements = [element for block in shown["blocks"] for element in block.get("elements", [])]
    return next((element for element in elements if element.get("action_id") == action), None)


class Subject(NamedTuple):
    """What a message is, and the id of what it tells of, as the bot has noted with it."""

    kind: str
    id: str


def subject_of(message: Json) -> Subject:
    """The subject of a message; one without kind or id where nothing is noted."""
    noted = (message.get("metadata") or {}).get("event_payload") or {"": ""}
    return Subject(*next(iter(noted.items())))


class Feed:
    """A place where messages appear and change, as somebody who reads along sees it."""

    def __init__(self, name: str, look: Callable[[], list[Json]]) -> None:
        """Nothing of it has been read. `look` hands back all that stands there."""
        self._name = name
        self._look = look
        self._read: set[str] = set()

    def shows(self, *fragments: str, within: float = EVENTUALLY) -> str:
        """Reads on until there is something that has all these fragments in it, and hands back its text."""
        passed: list[str] = []

        def found() -> str | None:
            for text in self._unread():
                if all(fragment in text for fragment in fragments):
                    return text
                passed.append(text)
            return None

        def otherwise() -> str:
            return "\n--\n".join([f"{self._name}: nothing with {fragments}, but", *passed])

        return eventually(found, otherwise, within)

    def _unread(self) -> Iterator[str]:
        for message in self._look():
            version = json.dumps(message, sort_keys=True)
            if version not in self._read:
                self._read.add(version)
                yield text_of(message)
