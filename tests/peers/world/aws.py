"""AWS, as ministack has it: several accounts, with signatures, policies and trust enforced."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

from world.process import ROOT, Program, answers, free_port

REGION = "eu-central-1"
SERVICES = ("cloudformation", "dynamodb", "iam", "kms", "s3", "secretsmanager", "ssm", "sts")
OF_THE_BOT = ("DYNAMODB", "KMS", "SECRETS_MANAGER", "SSM", "STS")


@dataclass(frozen=True)
class Credentials:
    """What signs a call of AWS."""

    access_key: str
    secret_key: str
    token: str | None = None

    @classmethod
    def root_of(cls, account: str) -> "Credentials":
        """Those of an account's root: ministack takes the account's number for its access key."""
        return cls(account, "test")

    @classmethod
    def given(cls, told: dict[str, Any]) -> "Credentials":
        """Those in an answer of STS or IAM."""
        return cls(told["AccessKeyId"], told["SecretAccessKey"], told.get("SessionToken"))


class Aws:
    """A ministack that runs."""

    def __init__(self, python: str, home: Path) -> None:
        """Starts it, on loopback alone, with nothing in it."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            # Its listener for devices would be on all addresses.
            "IOT_MTLS_ENABLED": "0",
            "SERVICES": ",".join(SERVICES),
            "TMPDIR": str(home),
        }
        self.program = Program("ministack", [python, "-m", "ministack"], environment, home / "ministack.log")
        self.program.wait_until(lambda: answers(f"{self.url}/_ministack/health"))

    def client(self, service: str, credentials: Credentials) -> Any:
        """A client of one service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def environment(self, credentials: Credentials) -> dict[str, str]:
        """What the AWS SDK of another program needs to come here."""
        environment = {
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_REGION": REGION,
            **{f"AWS_ENDPOINT_URL_{service}": self.url for service in OF_THE_BOT},
        }
        if credentials.token is not None:
            environment["AWS_SESSION_TOKEN"] = credentials.token
        return environment

    def deploy(self, account: str, stack: str, template: str, parameters: dict[str, str]) -> dict[str, str]:
        """Deploys a template of infra/, and hands back the stack's outputs."""
        cloudformation = self.client("cloudformation", Credentials.root_of(account))
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=(ROOT / "infra" / template).read_text(),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        created = cloudformation.get_waiter("stack_create_complete")
        created.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        told = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in told["Outputs"]}
