"""Judges of what the bot says and shows: the models of `slack_sdk`, and `@slack/types` under `tsc`."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from world.process import ROOT, SCRATCH
from world.slack import Json

SNAPSHOTS = ROOT / "tests" / "it" / "snapshots"
COMPILER = ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--ignoreConfig"]
LIBRARIES = ["--module", "nodenext", "--lib", "es2022", "--skipLibCheck"]

Shown: TypeAlias = list[Json] | Json
"""The blocks of a message or a view; or a view."""


class Refused(NamedTuple):
    """Something that a judge refuses, and why."""

    what: Shown
    why: str


class Emitted:
    """All that has been shown, each once."""

    def __init__(self) -> None:
        """Nothing has."""
        self.shown: list[Shown] = []

    def add(self, told: Json) -> None:
        """Adds a message's blocks; or a view and, apart from it, its blocks."""
        parts: list[Shown] = [told] if "type" in told else []
        parts.append(told.get("blocks", []))
        self.shown.extend(part for part in parts if part not in self.shown)

    def add_all(self, told: Json) -> None:
        """Adds all that a workspace tells of the bot."""
        for each in told["messages"] + told["views"]:
            self.add(each)


def snapshots() -> list[Shown]:
    """What the snapshots of the Rust tests hold that is JSON for Slack."""
    found = Emitted()
    for snapshot in sorted(SNAPSHOTS.glob("it__views__*.snap")):
        _, _, body = snapshot.read_text().split("---\n", 2)
        if body.startswith("{"):
            found.add(json.loads(body))
    return found.shown


def slack_sdk(shown: Sequence[Shown]) -> list[Refused]:
    """Refuses what its models find wrong, or cannot hold without losing something of it."""
    return [Refused(each, why) for each in shown for why in _faults(each)]


def _faults(shown: Shown) -> Iterator[str]:
    if isinstance(shown, dict):
        yield from _faults_of(shown, partial(View, **shown))
        return
    for block in shown:
        yield from _faults_of(block, partial(Block.parse, block))


def _faults_of(told: Json, model: Callable[[], JsonObject | None]) -> Iterator[str]:
    try:
        parsed = model()
        held = parsed.to_dict() if parsed else None
    except (SlackObjectFormationError, TypeError) as fault:
        yield str(fault)
        return
    if held != told:
        yield f"is held as {held}"


def tsc(shown: Sequence[Shown]) -> list[Refused]:
    """Refuses what does not have the types that `@slack/types` declares: one line of source for each."""
    kinds = ["View" if isinstance(each, dict) else "KnownBlock[]" for each in shown]
    lines = [f"const _{n}: {kind} = {json.dumps(shown[n])};" for n, kind in enumerate(kinds)]
    folder = SCRATCH / "node"
    source = folder / "shown.ts"
    source.write_text("\n".join(["import type { KnownBlock, View } from '@slack/types';", *lines]))
    command = [*COMPILER, *LIBRARIES, source.name]
    compiled = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return list(_read(compiled.stdout, shown))


def _read(complaints: str, shown: Sequence[Shown]) -> Iterator[Refused]:
    for complaint in complaints.splitlines():
        if place := re.match(r"shown\.ts\((\d+),\d+\): error (.*)", complaint):
            yield Refused(shown[int(place[1]) - 2], place[2])
        else:
            assert complaint.startswith("  "), complaint
