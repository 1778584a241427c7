"""The world of a story: the bot and its peers at work, and Ada, Bob and Carol, who type, press and read."""

from pathlib import Path

from world.browser import Browser, Page
from world.company import ADA, AUDIT_CHANNEL, BOB, CAROL, GENERAL_CHANNEL, PROD, REVIEW_CHANNEL, Persona
from world.ground import EXTERNAL_ID, Ground
from world.idp import Idp
from world.process import EVENTUALLY, Program, free_port
from world.product import Product, Settings
from world.signin import SignIn
from world.slack import Feed, Json, Slack, text_of

ASK = f"/elevate {PROD}/S3Admin 1h bucket policy broken"


class World:
    """Example Corp with the bot installed."""

    def __init__(self, ground: Ground, home: Path, *, claims_at_userinfo: bool = False) -> None:
        """Starts Slack and the identity provider, and writes the bot's configuration."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        self.ground = ground
        self.aws = ground.aws
        self.signin = SignIn()
        self.slack = Slack(url, home)
        self.idp = Idp(url, home, claims_at_userinfo=claims_at_userinfo)
        settings = Settings(
            port=port,
            admin_port=free_port(),
            slack_api=self.slack.api_url,
            issuer=self.idp.issuer,
            table=ground.table,
            signin_url=f"{self.signin.url}/federation",
            external_id=EXTERNAL_ID,
        )
        self.product = Product(settings, self.aws.environment(ground.broker), home)
        self.reviews = Feed("the review channel", lambda: self.slack.messages(REVIEW_CHANNEL))
        self.audit = Feed("the audit channel", lambda: self.slack.messages(AUDIT_CHANNEL))
        self.ada, self.bob, self.carol = (Player(self, persona) for persona in (ADA, BOB, CAROL))
        self._elevate: Program | None = None

    @property
    def serves(self) -> bool:
        """Whether the bot serves."""
        return self._elevate is not None

    @property
    def elevate(self) -> Program:
        """The bot that serves."""
        assert self._elevate is not None, "the bot does not serve"
        return self._elevate

    def serve(self, **environment: str | None) -> None:
        """Lets the bot serve, with some of its environment changed."""
        self._elevate = self.product.serves(**environment)

    def stop_serving(self) -> None:
        """Lets the bot stop by itself; nothing in its log is an error."""
        assert self.elevate.stop() == 0, self.elevate.said()
        assert " ERROR " not in self.elevate.said(), self.elevate.said()
        self._elevate = None

    def hires(self, persona: Persona) -> "Player":
        """Takes somebody on."""
        self.slack.hires(persona)
        self.idp.hires(persona)
        return Player(self, persona)

    def close(self) -> None:
        """Stops everything, whatever has become of it."""
        for program in (self._elevate, self.slack.program, self.idp.program):
            if program is not None:
                program.kill()
        self.signin.stop()

    def card(self) -> str:
        """The newest card in the review channel, as it is at this moment."""
        return text_of(self.slack.messages(REVIEW_CHANNEL)[-1])

    def approved(self, line: str = ASK) -> str:
        """Ada asks, Bob approves; hands back Ada's link to the console."""
        self.ada.types(line)
        self.ada.hears("on its way")
        self.reviews.shows("*Waiting*")
        self.bob.presses("review.approve")
        self.reviews.shows("*Approved* by", BOB.email)
        self.ada.is_told("*Approved* by", BOB.email)
        self.ada.hears("Open AWS console", "Access ends")
        return self.ada.presses("session.open")


class Player:
    """Somebody at work: a Slack account and a browser."""

    def __init__(self, world: World, persona: Persona) -> None:
        """Sits down."""
        self.persona = persona
        self.browser = Browser()
        self._world = world
        self._slack = world.slack
        self._whispers = Feed(f"what only {persona.name} sees", lambda: self._sees()["ephemerals"])
        self._messages = Feed(f"{persona.name}'s messages with the app", lambda: self._sees()["direct"])
        self._forms = Feed(f"what opens before {persona.name}", self._modals)

    def types(self, line: str) -> None:
        """Types a command in #general."""
        _expect_ok(self._slack.types(self.persona.slack, GENERAL_CHANNEL, line))

    def presses(self, action: str) -> str:
        """Presses the newest button of this kind that they see; hands back where it leads, if anywhere."""
        pressed = self._slack.presses(self.persona.slack, action)
        _expect_ok(pressed)
        return pressed["url"] or ""

    def submits(self, **fields: str) -> Json:
        """Submits the form in front of them, and hands back what became of it."""
        outcome: Json = self._slack.submits(self.persona.slack, fields)["outcome"]
        return outcome

    def is_shown_a_form(self, *fragments: str) -> str:
        """Waits for a form to open in front of them."""
        return self._forms.shows(*fragments)

    def hears(self, *fragments: str, within: float = EVENTUALLY) -> str:
        """Waits for something that only they see."""
        return self._whispers.shows(*fragments, within=within)

    def is_told(self, *fragments: str) -> str:
        """Waits for something in their messages with the app."""
        return self._messages.shows(*fragments)

    def links(self) -> None:
        """Links their Slack account to their identity."""
        page = self.follows_link(self.asks_to_link())
        assert page.status == 200 and self.persona.email in page.text, page
        self.is_told(f"linked to *{self.persona.email}*")
        self._world.audit.shows("*Linked*", self.persona.email)

    def asks_to_link(self) -> str:
        """Asks for a link that links them; hands back where it leads."""
        self.types("/elevate link")
        self.hears("Link your Slack account")
        return self.presses("person.link")

    def follows_link(self, url: str) -> Page:
        """Goes the whole way from a link that links to the page at its end, signing in as themselves."""
        page = self.browser.open(url)
        return self._signs_in(self.browser.submit(page.forms[0]) if page.forms else page)

    def opens(self, url: str) -> Page:
        """Opens an address, signing in as themselves if the identity provider asks."""
        return self._signs_in(self.browser.open(url))

    def _signs_in(self, page: Page) -> Page:
        return self._world.idp.signs_in(self.browser, page, self.persona)

    def _modals(self) -> list[Json]:
        return [modal["body"] for modal in self._sees()["modals"]]

    def _sees(self) -> Json:
        seen: Json = self._slack.view_of(self.persona.slack)
        return seen


def _expect_ok(told: Json) -> None:
    assert told["ack"]["status"] == 200, told
