"""Example Corp, as the sandbox furnishes it: who they are, and what they may ask for."""

from dataclasses import dataclass

TEAM = "T0EXAMPLE"
GENERAL_CHANNEL = "C0GENERAL"
REVIEW_CHANNEL = "C0REVIEW"
AUDIT_CHANNEL = "C0AUDIT"

BOT_TOKEN = "xoxb-example-bot-token"
APP_TOKEN = "xapp-example-app-token"
SIGNING_SECRET = "example-signing-secret"
CLIENT_ID = "elevate"
CLIENT_SECRET = "example-client-secret"
SEALING_KEY = "ZXhhbXBsZS1zZWFsaW5nLWtleS1vZi0zMi1ieXRlcyE="

BROKER_ACCOUNT = "999988887777"
PROD = "111122223333"
STAGING = "444455556666"

REVIEWERS = "aws-temp#Reviewer"


@dataclass(frozen=True)
class Persona:
    """Somebody of the story."""

    slack: str
    login: str
    name: str
    groups: tuple[str, ...]

    @property
    def email(self) -> str:
        """Their address, in Slack and at the identity provider."""
        return f"{self.login}@example.com"


ADA = Persona("U0ADA", "ada", "Ada", (f"aws-temp#S3Admin#{PROD}", f"aws-temp#ReadOnly#{STAGING}"))
BOB = Persona("U0BOB", "bob", "Bob", (REVIEWERS,))
CAROL = Persona("U0CAROL", "carol", "Carol", ("aws-temp#Auditor",))
EVERYBODY = (ADA, BOB, CAROL)
