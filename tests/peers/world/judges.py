"""Judges of what the bot says and shows, made by Slack: the models of `slack_sdk`, and `@slack/types` under `tsc`."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from world.process import ROOT, SCRATCH
from world.slack import Json

SNAPSHOTS = ROOT / "tests" / "it" / "snapshots"
COMPILER = ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--ignoreConfig"]
LIBRARIES = ["--module", "nodenext", "--lib", "es2022", "--skipLibCheck"]


@dataclass
class Emitted:
    """Lists of blocks and views, each once."""

    blocks: list[list[Json]] = field(default_factory=list)
    views: list[Json] = field(default_factory=list)

    def add(self, shown: Json) -> None:
        """Adds a message, or a view and, apart from it, its blocks."""
        if "type" in shown and shown not in self.views:
            self.views.append(shown)
        if "blocks" in shown and shown["blocks"] not in self.blocks:
            self.blocks.append(shown["blocks"])


def snapshots() -> Emitted:
    """What the snapshots of the Rust tests hold that is JSON for Slack."""
    found = Emitted()
    for snapshot in sorted(SNAPSHOTS.glob("it__views__*.snap")):
        _, _, body = snapshot.read_text().split("---\n", 2)
        if body.startswith("{"):
            found.add(json.loads(body))
    return found


def refused_by_slack_sdk(emitted: Emitted) -> list[str]:
    """What the models of `slack_sdk` find wrong, or cannot hold without losing something of it."""
    blocks = [(block, lambda block=block: Block.parse(block)) for blocks in emitted.blocks for block in blocks]
    views = [(view, lambda view=view: View(**view)) for view in emitted.views]
    return [fault for shown, model in blocks + views for fault in _faults(shown, model)]


def _faults(shown: Json, model: Callable[[], JsonObject | None]) -> Iterator[str]:
    try:
        held = model()
        told = held.to_dict() if held else None
    except (SlackObjectFormationError, TypeError) as fault:
        yield f"{fault}: {shown}"
        return
    if told != shown:
        yield f"of {shown}\nremains {told}"


def refused_by_tsc(emitted: Emitted) -> list[str]:
    """What does not have the types that `@slack/types` declares."""
    typed = [("KnownBlock[]", blocks) for blocks in emitted.blocks] + [("View", view) for view in emitted.views]
    return [f"{fault}: {value}" for fault, value in _compile(typed)]


def _compile(typed: Sequence[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    folder = SCRATCH / "node"
    lines = [f"const _{n}: {kind} = {json.dumps(value)};" for n, (kind, value) in enumerate(typed)]
    source = folder / "emitted.ts"
    source.write_text("\n".join(["import type { KnownBlock, View } from '@slack/types';", *lines]))
    compiled = subprocess.run([*COMPILER, *LIBRARIES, source.name], cwd=folder, capture_output=True, text=True)
    for complaint in compiled.stdout.splitlines():
        if place := re.match(r"emitted\.ts\((\d+),\d+\): error (.*)", complaint):
            yield place[2], typed[int(place[1]) - 2][1]
        else:
            assert complaint.startswith("  "), complaint
