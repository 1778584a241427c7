"""Secrets, kept where AWS keeps them: the bot's own, and what it seals for people with a key of KMS's."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from world.aws import Credentials
from world.company import (
    ADA,
    BOB,
    BOT_TOKEN,
    BROKER_ACCOUNT,
    CLIENT_SECRET,
    PROD,
    SEALING_KEY,
    SIGNING_SECRET,
)
from world.ground import Ground
from world.play import ASK, World
from world.product import SECRETS

TODAYS_KEY = base64.b64encode(b"todays-sealing-key-of-32-bytes!!").decode()
SIGN_IN_AGAIN = "Your identity provider requires you to sign in again"
IS_ASKED_FOR = "9h is longer than the maximum of 8h"

BY_CONFIGURATION, BY_KMS = 1, 2


@pytest.fixture
def kept(installed: World) -> Iterator[World]:
    """A world whose AWS keeps the bot's secrets, with a table, and nothing that serves."""
    installed.ground.make_table()
    of_slack = json.dumps({"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET})
    secrets, parameters = installed.ground.root("secretsmanager"), installed.ground.root("ssm")
    secrets.create_secret(Name="elevate/slack", SecretString=of_slack)
    parameters.put_parameter(Name="/elevate/client_secret", Value=CLIENT_SECRET, Type="SecureString")
    key = installed.ground.root("kms").create_key()["KeyMetadata"]["KeyId"]
    installed.ground.root("kms").create_alias(AliasName="alias/elevate", TargetKeyId=key)
    yield installed
    secrets.delete_secret(SecretId="elevate/slack", ForceDeleteWithoutRecovery=True)
    parameters.delete_parameter(Name="/elevate/client_secret")
    installed.ground.root("kms").delete_alias(AliasName="alias/elevate")


def references(home: Path, keys: str | None) -> dict[str, str | None]:
    """The environment of a bot that is told where its secrets are; `keys` are in a file, if there are any."""
    file = home / f"keys-{keys}".replace("/", "-")
    file.write_text(f"{keys}\n")
    return {
        "ELEVATE_SLACK__BOT_TOKEN": "secretsmanager:elevate/slack#bot_token",
        "ELEVATE_SLACK__SIGNING_SECRET": "secretsmanager:elevate/slack#signing_secret",
        "ELEVATE_OIDC__CLIENT_SECRET": "ssm:/elevate/client_secret",
        "ELEVATE_SEALING__KEYS": f"file:{file}" if keys else None,
        "ELEVATE_SEALING__KMS_KEY_ID": None,
    }


def sealed_with_kms(home: Path, keys: str | None = None) -> dict[str, str | None]:
    """The same, with a key of KMS's to seal with."""
    return {**references(home, keys), "ELEVATE_SEALING__KMS_KEY_ID": "alias/elevate"}


def token_row(ground: Ground, account: str) -> dict[str, Any]:
    """Where the bot keeps the refresh token of a Slack account."""
    rows: list[dict[str, Any]] = [row for row in ground.rows() if "sealed" in row]
    return next(row for row in rows if account in row["pk"]["S"])


def has_their_groups_asked_for(world: World) -> None:
    """Ada asks for more than is allowed, which the bot says after it has asked for her groups."""
    world.ada.types(f"/elevate {PROD}/S3Admin 9h too long")
    world.ada.hears(IS_ASKED_FOR)


def test_the_story_is_played_with_nothing_but_references_and_a_key_of_kms(
    kept: World, tmp_path: Path
) -> None:
    environment = sealed_with_kms(tmp_path)
    found = kept.product.runs("check", **environment)
    checked = [line for line in found.stdout.splitlines() if not line.startswith(("warning ", "policy "))]
    counterparts = ["DynamoDB", "Slack", "identity provider", "AWS", "KMS"]
    assert checked == [f"ok      {counterpart}" for counterpart in counterparts], found

    kept.serve(**environment)
    kept.ada.links()
    kept.bob.links()
    tokens = len(kept.idp.refresh_tokens_of(ADA))
    has_their_groups_asked_for(kept)
    has_their_groups_asked_for(kept)
    assert len(kept.idp.refresh_tokens_of(ADA)) == tokens + 2
    assert token_row(kept.ground, ADA.slack)["sealed"]["B"][0] == BY_KMS
    assert "AWS console" in kept.ada.opens(kept.approved()).text
    kept.stop_serving()


def test_a_sealed_token_that_was_changed_or_moved_opens_for_nobody(kept: World, tmp_path: Path) -> None:
    kept.serve(**sealed_with_kms(tmp_path))
    kept.ada.links()
    kept.bob.links()
    dynamodb = kept.ground.root("dynamodb")
    own = token_row(kept.ground, ADA.slack)
    bobs = token_row(kept.ground, BOB.slack)["sealed"]["B"]
    for sealed in (bobs, *(flipped(own["sealed"]["B"], at) for at in (0, 2, 50, 100, -1))):
        dynamodb.put_item(TableName=kept.ground.table, Item={**own, "sealed": {"B": sealed}})
        kept.ada.types(ASK)
        kept.ada.hears(SIGN_IN_AGAIN)
        assert "sealing: failed" in kept.elevate.said()

    dynamodb.put_item(TableName=kept.ground.table, Item=own)
    has_their_groups_asked_for(kept)


def flipped(sealed: bytes, at: int) -> bytes:
    """The same with one bit changed."""
    changed = bytearray(sealed)
    changed[at] ^= 1
    return bytes(changed)


def test_keys_are_replaced_by_use_and_then_by_kms(kept: World, tmp_path: Path) -> None:
    kept.serve(**references(tmp_path, SEALING_KEY))
    kept.ada.links()
    kept.stop_serving()
    for environment, version in (
        (references(tmp_path, f"{TODAYS_KEY},{SEALING_KEY}"), BY_CONFIGURATION),
        (references(tmp_path, TODAYS_KEY), BY_CONFIGURATION),
        (sealed_with_kms(tmp_path, TODAYS_KEY), BY_KMS),
        (sealed_with_kms(tmp_path), BY_KMS),
    ):
        kept.serve(**environment)
        has_their_groups_asked_for(kept)
        assert token_row(kept.ground, ADA.slack)["sealed"]["B"][0] == version
        kept.stop_serving()


def test_every_reference_that_leads_nowhere_is_told_at_once_and_no_secret(kept: World) -> None:
    found = kept.product.runs(
        "check",
        ELEVATE_SLACK__BOT_TOKEN="secretsmanager:elevate/slack#token",
        ELEVATE_SLACK__SIGNING_SECRET="secretsmanager:elevate/slacks",
        ELEVATE_SLACK__APP_TOKEN="secretsmanager:somebody-elses",
        ELEVATE_OIDC__CLIENT_SECRET="ssm:/elevate/secret",
        ELEVATE_SEALING__KEYS="file:/nowhere/keys",
    )
    assert found.returncode == 1
    assert sorted(found.stderr.removeprefix("elevate: ").splitlines()) == [
        "ELEVATE_OIDC__CLIENT_SECRET: ssm:/elevate/secret: "
        "there is no such parameter in this account and region",
        "ELEVATE_SEALING__KEYS: file:/nowhere/keys: there is no such file",
        "ELEVATE_SLACK__APP_TOKEN: secretsmanager:somebody-elses: "
        "this process is not allowed to read it (AccessDeniedException: User: "
        "arn:aws:iam::999988887777:user/elevate is not authorized to perform: secretsmanager:GetSecretValue because "
        "no identity-based policy allows the secretsmanager:GetSecretValue action): "
        "give it secretsmanager:GetSecretValue, and kms:Decrypt on its key",
        "ELEVATE_SLACK__BOT_TOKEN: secretsmanager:elevate/slack#token: the secret has no such key",
        "ELEVATE_SLACK__SIGNING_SECRET: secretsmanager:elevate/slacks: "
        "there is no such secret in this account and region",
    ], found
    assert [secret for secret in SECRETS.values() if secret in found.stderr] == []


def test_a_table_is_made_without_asking_anybody_for_secrets(installed: World) -> None:
    nowhere = {name: "secretsmanager:elevate/nowhere" for name in SECRETS}
    root = installed.aws.environment(Credentials.root_of(BROKER_ACCOUNT))
    made = installed.product.runs("create-table", **nowhere, **root)
    assert made.returncode == 0 and "created table" in made.stdout, made
