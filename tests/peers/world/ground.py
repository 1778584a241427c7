"""What the bot finds in AWS: a table, credentials of its own, and the roles that it gives people."""

import json
from dataclasses import dataclass
from typing import Any

from world.aws import REGION, Aws, Credentials
from world.company import BROKER_ACCOUNT, PROD, STAGING
from world.product import make_table

EXTERNAL_ID = "example-external-id"
ROLE_PATH = "/elevate/"
S3_ADMIN = f"arn:aws:iam::{PROD}:role{ROLE_PATH}S3Admin"
S3_FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess"

Statement = dict[str, object]


@dataclass(frozen=True)
class Ground:
    """An AWS that is ready for the bot, but for the table where that is left to the bot."""

    aws: Aws
    broker: Credentials
    table: str

    def make_table(self) -> list[str]:
        """Lets the bot make its table, as whoever runs it would."""
        return make_table(self.table, self.aws.environment(Credentials.root_of(BROKER_ACCOUNT)))

    def root(self, service: str) -> Any:
        """A client of one service, with the bot's account's root behind it."""
        return self.aws.client(service, Credentials.root_of(BROKER_ACCOUNT))

    def rows(self) -> list[dict[str, object]]:
        """All that is in the table."""
        pages = self.root("dynamodb").get_paginator("scan").paginate(TableName=self.table)
        return [row for page in pages for row in page["Items"]]


def by_hand(aws: Aws) -> Credentials:
    """Makes a user for the bot, and two roles of which only S3Admin trusts it; hands back the user's key."""
    iam = aws.client("iam", Credentials.root_of(BROKER_ACCOUNT))
    broker = iam.create_user(UserName="elevate")["User"]["Arn"]
    policy = _policy(*_what_the_bot_does())
    iam.put_user_policy(UserName="elevate", PolicyName="broker", PolicyDocument=policy)
    _role(aws, PROD, "S3Admin", trusted=broker)
    _role(aws, STAGING, "ReadOnly", trusted=f"arn:aws:iam::{STAGING}:root")
    return Credentials.given(iam.create_access_key(UserName="elevate")["AccessKey"])


def by_template(aws: Aws) -> Ground:
    """Deploys both templates of infra/, and assumes the bot's role as the service would that runs it.

    The bot may read a secret and a parameter, both called elevate.
    """
    root = Credentials.root_of(BROKER_ACCOUNT)
    secret = aws.client("secretsmanager", root).create_secret(Name="elevate", SecretString="hush")
    aws.client("ssm", root).put_parameter(Name="/elevate", Value="hush", Type="SecureString")
    parameters = {
        "TableName": "elevate",
        # ministack knows no organizations.
        "OrganizationId": "none",
        "SecretArns": secret["ARN"],
        "ParameterArns": f"arn:aws:ssm:{REGION}:{BROKER_ACCOUNT}:parameter/elevate",
    }
    made = aws.deploy(BROKER_ACCOUNT, "elevate", "broker.yaml", parameters)
    role = {
        "RoleName": "S3Admin",
        "BrokerRoleArn": made["BrokerRoleArn"],
        "ManagedPolicyArns": S3_FULL_ACCESS,
        "ExternalId": EXTERNAL_ID,
        # ministack does not tell trust policies which source identity is being set.
        "RequireSourceIdentity": "false",
    }
    aws.deploy(PROD, "s3-admin", "target-role.yaml", role)
    assumed = aws.client("sts", root).assume_role(RoleArn=made["BrokerRoleArn"], RoleSessionName="i-0123456789abcdef0")
    return Ground(aws, Credentials.given(assumed["Credentials"]), made["TableName"])


def _what_the_bot_does() -> list[Statement]:
    table = f"arn:aws:dynamodb:{REGION}:{BROKER_ACCOUNT}:table/elevate-*"
    reads = ["BatchGetItem", "ConditionCheckItem", "DescribeTable", "GetItem", "Query"]
    items = [*reads, "DeleteItem", "PutItem", "UpdateItem"]
    sessions = ["AssumeRole", "SetSourceIdentity", "TagSession"]
    secret = f"arn:aws:secretsmanager:{REGION}:{BROKER_ACCOUNT}:secret:elevate/*"
    parameter = f"arn:aws:ssm:{REGION}:{BROKER_ACCOUNT}:parameter/elevate/*"
    return [
        {"Effect": "Allow", "Action": [f"dynamodb:{item}" for item in items], "Resource": table},
        {"Effect": "Allow", "Action": [f"sts:{session}" for session in sessions], "Resource": "*"},
        {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"},
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret},
        {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": parameter},
    ]


def _role(aws: Aws, account: str, name: str, trusted: str) -> None:
    iam = aws.client("iam", Credentials.root_of(account))
    principal = {"AWS": trusted}
    trust = _policy(
        {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        },
        {"Effect": "Allow", "Principal": principal, "Action": ["sts:SetSourceIdentity", "sts:TagSession"]},
    )
    iam.create_role(RoleName=name, Path=ROLE_PATH, AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName=name, PolicyArn=S3_FULL_ACCESS)


def _policy(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
