"""The templates of infra/, deployed, and the bot at work on nothing but what they made."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from world.aws import Aws, Credentials
from world.company import ADA, BROKER_ACCOUNT, PROD
from world.ground import EXTERNAL_ID, S3_ADMIN, Ground, by_template
from world.play import World


@pytest.fixture(scope="module")
def deployed(aws: Aws) -> Ground:
    """Both templates, deployed."""
    return by_template(aws)


def test_the_story_is_played_on_what_the_templates_made(
    deployed: Ground, world_on: Callable[[Ground], World]
) -> None:
    world = world_on(deployed)
    found = world.product.runs("check")
    assert found.returncode == 0, found
    world.serve()
    world.ada.links()
    world.bob.links()
    console = world.ada.opens(world.approved())
    assert "AWS console" in console.text, console
    credentials = world.signin.credentials_behind(console.url)
    assert world.aws.client("s3", credentials).list_buckets()["Buckets"] == []
    world.ada.presses("request.end")
    world.reviews.shows("*Ended early* by", ADA.email)
    world.ada.types("/elevate status")
    world.ada.hears("Your latest requests", "*ended*")
    world.ada.types("/elevate unlink")
    world.ada.is_told("is no longer linked to", ADA.email)
    assert " WARN " not in world.elevate.said(), world.elevate.said()
    world.stop_serving()


def test_the_bots_role_may_do_what_the_bot_does_and_nothing_else(deployed: Ground) -> None:
    key = {"pk": {"S": "REQ#1"}, "sk": {"S": "META"}}
    table = deployed.aws.client("dynamodb", deployed.broker)
    table.transact_write_items(TransactItems=[{"Put": {"TableName": deployed.table, "Item": key}}])
    assert table.get_item(TableName=deployed.table, Key=key)["Item"] == key
    secrets, parameters, kms = (
        deployed.aws.client(service, deployed.broker) for service in ("secretsmanager", "ssm", "kms")
    )
    assert secrets.get_secret_value(SecretId="elevate")["SecretString"] == "hush"
    assert parameters.get_parameter(Name="/elevate", WithDecryption=True)["Parameter"]["Value"] == "hush"
    deployed.root("secretsmanager").create_secret(Name="elevate-not", SecretString="hush")
    refused: list[Callable[[], object]] = [
        lambda: secrets.get_secret_value(SecretId="elevate-not"),
        lambda: secrets.list_secrets(),
        lambda: parameters.get_parameter(Name="/elevate/not"),
        lambda: kms.generate_data_key(KeyId="alias/elevate", KeySpec="AES_256"),
        lambda: table.scan(TableName=deployed.table),
        lambda: table.delete_table(TableName=deployed.table),
        lambda: table.list_tables(),
        lambda: deployed.aws.client("s3", deployed.broker).list_buckets(),
        lambda: deployed.aws.client("iam", deployed.broker).list_roles(),
    ]
    for call in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_the_target_role_is_the_bots_alone_to_assume_with_the_external_id(deployed: Ground) -> None:
    assumes = {"RoleArn": S3_ADMIN, "RoleSessionName": "mallory"}
    for credentials, external_id in (
        (deployed.broker, {}),
        (deployed.broker, {"ExternalId": "somebody-elses"}),
        (Credentials.root_of("222233334444"), {"ExternalId": EXTERNAL_ID}),
        (Credentials.root_of(PROD), {"ExternalId": EXTERNAL_ID}),
    ):
        sts = deployed.aws.client("sts", credentials)
        with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
            sts.assume_role(**assumes, **external_id)
    assert deployed.aws.client("sts", deployed.broker).assume_role(**assumes, ExternalId=EXTERNAL_ID)


def test_the_templates_table_is_the_one_that_the_bot_makes(deployed: Ground) -> None:
    by_itself = replace(deployed, table="by-itself")
    by_itself.make_table()
    assert shape_of(by_itself) == shape_of(deployed)


def shape_of(ground: Ground) -> dict[str, Any]:
    """What the table is like, apart from its name and age."""
    dynamodb = ground.aws.client("dynamodb", Credentials.root_of(BROKER_ACCOUNT))
    table = dynamodb.describe_table(TableName=ground.table)["Table"]
    told = ("KeySchema", "AttributeDefinitions", "BillingModeSummary", "DeletionProtectionEnabled")
    indexes = [
        (index["IndexName"], index["KeySchema"], index["Projection"])
        for index in table["GlobalSecondaryIndexes"]
    ]
    return {name: table[name] for name in told} | {"indexes": indexes}
