"""The product: the compiled `elevate`, given a configuration file and environment variables alone."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from world.company import (
    AUDIT_CHANNEL,
    BOT_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    PROD,
    REVIEW_CHANNEL,
    SEALING_KEY,
    SIGNING_SECRET,
    STAGING,
    TEAM,
)
from world.process import TARGET, Program, answers

BINARY = str(TARGET / "debug" / "elevate")

SECRETS = {
    "ELEVATE_SLACK__BOT_TOKEN": BOT_TOKEN,
    "ELEVATE_SLACK__SIGNING_SECRET": SIGNING_SECRET,
    "ELEVATE_OIDC__CLIENT_SECRET": CLIENT_SECRET,
    "ELEVATE_SEALING__KEYS": SEALING_KEY,
}


def make_table(table: str, aws: Mapping[str, str]) -> list[str]:
    """Makes the bot's table, or looks at it, as its operator would; hands back what that says."""
    command = [BINARY, "create-table", "--table", table]
    made = subprocess.run(command, env=dict(aws), capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made
    return made.stdout.splitlines()


@dataclass(frozen=True)
class Settings:
    """What the configuration file says where worlds differ."""

    port: int
    admin_port: int
    slack_api: str
    issuer: str
    table: str
    signin_url: str
    external_id: str

    @property
    def public_url(self) -> str:
        """Where browsers and Slack reach the bot."""
        return f"http://127.0.0.1:{self.port}"

    def file(self) -> str:
        """The configuration file."""
        return f"""
            listen     = "127.0.0.1:{self.port}"
            admin_listen = "127.0.0.1:{self.admin_port}"
            public_url = "{self.public_url}"

            [limits]
            drain = "0s"

            [slack]
            team_id        = "{TEAM}"
            review_channel = "{REVIEW_CHANNEL}"
            audit_channel  = "{AUDIT_CHANNEL}"
            api_url        = "{self.slack_api}"

            [oidc]
            issuer    = "{self.issuer}"
            client_id = "{CLIENT_ID}"

            [dynamodb]
            table = "{self.table}"

            [aws]
            signin_url  = "{self.signin_url}"
            external_id = "{self.external_id}"

            [accounts]
            {PROD} = "prod"
            {STAGING} = "staging"
        """


class Product:
    """One installation of the bot."""

    def __init__(self, settings: Settings, aws: Mapping[str, str], home: Path) -> None:
        """Writes its configuration file. `aws` is the environment of its AWS SDK."""
        self.url = settings.public_url
        self._admin_url = f"http://127.0.0.1:{settings.admin_port}"
        self._home = home
        self._file = home / "elevate.toml"
        self._file.write_text(settings.file())
        self._environment: dict[str, str | None] = {**SECRETS, **aws}

    def runs(self, *command: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, with some of the environment changed, or gone."""
        return subprocess.run(
            self._line(*command),
            env=self._with(environment),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def serves(self, **environment: str | None) -> Program:
        """Serves until it is stopped; returns when it is ready."""
        program = self.starts("elevate", **environment)
        program.wait_until(lambda: answers(f"{self._admin_url}/ready"))
        return program

    def starts(self, name: str, **environment: str | None) -> Program:
        """Sets out to serve, under a name that the log has as well."""
        log = self._home / f"{name}.log"
        return Program(name, self._line("serve"), self._with(environment), log)

    def _with(self, changed: Mapping[str, str | None]) -> dict[str, str]:
        return {name: value for name, value in (self._environment | changed).items() if value is not None}

    def _line(self, *command: str) -> list[str]:
        return [BINARY, "--config", str(self._file), *command]
