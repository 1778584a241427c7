"""The world of each test: what is shared by all, and what each has for itself."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from world.aws import Aws, Credentials
from world.ground import Ground, by_hand, by_template
from world.play import World
from world.process import SCRATCH
from world.slack import Json


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """One AWS for the tests of a file; each world has a table of its own in it."""
    aws = Aws(sys.executable, tmp_path_factory.mktemp("aws"))
    yield aws
    aws.program.kill()


@pytest.fixture(scope="module")
def broker(aws: Aws) -> Credentials:
    """The bot's own credentials, in an AWS that was set up by hand."""
    return by_hand(aws)


@pytest.fixture
def installed(aws: Aws, broker: Credentials, tmp_path: Path) -> Iterator[World]:
    """A world with the bot's configuration in it, but no table, and nothing that serves."""
    world = World(Ground(aws, broker, f"elevate-{tmp_path.name}"), tmp_path)
    yield world
    world.close()


@pytest.fixture
def world(installed: World) -> Iterator[World]:
    """A world in which the bot serves, and Ada and Bob are linked."""
    installed.make_table()
    installed.serve()
    installed.ada.links()
    installed.bob.links()
    yield installed
    installed.stop_serving()
