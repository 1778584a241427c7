"""The world of each test: what is shared by all, and what each has for itself."""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from world.aws import Aws, Credentials
from world.ground import Ground, by_hand
from world.judges import Emitted
from world.play import World
from world.replicas import Replicas


def pytest_addoption(parser: pytest.Parser) -> None:
    """Lets what was left to chance be had again."""
    chosen = random.randrange(1_000_000)
    parser.addoption("--seed", type=int, default=chosen, help="the seed that an earlier run has printed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets what the bot says in all tests be judged after all of them."""
    items.sort(key=lambda item: item.path.stem == "test_blocks")


@pytest.fixture(scope="session")
def emitted() -> Emitted:
    """What the bot has said and shown in all worlds so far."""
    return Emitted()


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
def world_on(emitted: Emitted, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Opens a world on some ground, until the test is over."""
    with ExitStack() as stack:

        def opened(ground: Ground, **options: bool) -> World:
            world = World(ground, tmp_path, **options)
            stack.callback(world.close)
            stack.callback(lambda: emitted.add_all(world.slack.emitted()))
            return world

        yield opened


@pytest.fixture
def installed(world_on: Callable[..., World], aws: Aws, broker: Credentials, tmp_path: Path) -> World:
    """A world with the bot's configuration in it, but no table, and nothing that serves."""
    return world_on(Ground(aws, broker, f"elevate-{tmp_path.name}"))


@pytest.fixture
def chance(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Random:
    """What people do, and which replica is killed when; from a seed, so that it can be had again."""
    seed = request.config.getoption("--seed")
    with capsys.disabled():
        print(f"\n--seed {seed}")
    return Random(seed)


@pytest.fixture
def replicas_of(installed: World, chance: Random) -> Iterator[Callable[..., Replicas]]:
    """Starts several replicas, with some of their environment changed, until the test is over."""
    installed.ground.make_table()
    with ExitStack() as stack:

        def started(count: int, **environment: str) -> Replicas:
            replicas = Replicas(installed, count, chance, **environment)
            stack.callback(replicas.close)
            return replicas

        yield started


@pytest.fixture
def world(installed: World) -> Iterator[World]:
    """A world in which the bot serves, and Ada and Bob are linked."""
    installed.ground.make_table()
    installed.serve()
    installed.ada.links()
    installed.bob.links()
    yield installed
    if installed.serves:
        installed.stop_serving()
