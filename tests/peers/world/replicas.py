"""Several replicas of the bot on one table, behind one address, and how they are killed."""

import socket
import time
from collections.abc import Sequence
from random import Random
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

from world.company import APP_TOKEN
from world.play import World
from world.process import STARTS_WITHIN, Program, answers, eventually, free_port

LOOPBACK = "127.0.0.1"


class Front(ThreadingTCPServer):
    """One address for all replicas: whoever connects there is connected to one that listens."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, replicas: Sequence[int], chance: Random) -> None:
        """Listens on a port, and knows those on which replicas listen while they live."""
        super().__init__((LOOPBACK, port), _Connection)
        self._replicas = replicas
        self._chance = chance
        Thread(target=self.serve_forever, daemon=True).start()

    def connects(self) -> socket.socket | None:
        """A connection to any replica that takes it."""
        for port in self._chance.sample(self._replicas, len(self._replicas)):
            try:
                return socket.create_connection((LOOPBACK, port))
            except OSError:
                continue
        return None

    def stop(self) -> None:
        """Listens no more."""
        self.shutdown()
        self.server_close()


class _Connection(BaseRequestHandler):
    server: Front

    def handle(self) -> None:
        replica = self.server.connects()
        if replica is None:
            return
        with replica:
            there = Thread(target=_pass_on, args=(self.request, replica), daemon=True)
            there.start()
            _pass_on(replica, self.request)
            there.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    """Hands on what comes, until the source ends; a replica that is killed has ended."""
    try:
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, sink):
            each.close()


class Replicas:
    """The replicas of one installation, which Slack reaches on the connections that they hold open."""

    def __init__(self, world: World, count: int, chance: Random, **environment: str) -> None:
        """Starts them, with some of their environment changed, and waits until all of them serve."""
        world.slack.speaks_socket_mode()
        ports: set[int] = set()
        while len(ports) < 2 * count:
            ports.add(free_port())
        self.killed_at: list[float] = []
        """When any of them was killed, in seconds since 1970."""
        self._product = world.product
        self._environment = environment
        self._chance = chance
        self._ports, self._admin_ports = sorted(ports)[:count], sorted(ports)[count:]
        self._programs = [self._starts(number) for number in range(count)]
        self._front = Front(urlsplit(world.product.url).port or 0, self._ports, Random(chance.random()))
        self.all_serve()

    @property
    def kills(self) -> int:
        """How many have been killed."""
        return len(self.killed_at)

    def kills_between(self, since: float, until: float) -> int:
        """How many were killed in some time, given in seconds since 1970."""
        return sum(since <= at <= until for at in self.killed_at)

    def kills_one(self) -> None:
        """Ends any one of them on the spot, and starts it again at once."""
        number = self._chance.randrange(len(self._programs))
        self.killed_at.append(time.time())
        self._programs[number].kill()
        self._programs[number] = self._starts(number)

    def all_serve(self) -> None:
        """Waits until all of them are ready."""
        ready = [f"http://{LOOPBACK}:{port}/ready" for port in self._admin_ports]
        eventually(lambda: all(map(answers, ready)), lambda: f"not all of {ready} are", STARTS_WITHIN)

    def stop(self, *expected: str) -> None:
        """Lets all of them stop by themselves; no error is in their logs but those with these messages."""
        for program in self._programs:
            assert program.stop() == 0, program.said()
            errors = [line for line in program.said().splitlines() if " ERROR " in line]
            assert [line for line in errors if not any(each in line for each in expected)] == []

    def close(self) -> None:
        """Ends everything, whatever has become of it."""
        for program in self._programs:
            program.kill()
        self._front.stop()

    def _starts(self, number: int) -> Program:
        return self._product.starts(
            f"elevate-{number}",
            ELEVATE_LISTEN=f"{LOOPBACK}:{self._ports[number]}",
            ELEVATE_ADMIN_LISTEN=f"{LOOPBACK}:{self._admin_ports[number]}",
            ELEVATE_SLACK__MODE="socket",
            ELEVATE_SLACK__APP_TOKEN=APP_TOKEN,
            **self._environment,
        )
