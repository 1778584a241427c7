"""The identity provider: oidc-provider, and how a test upsets it."""

import json
from pathlib import Path
from typing import Any

import httpx

from world.browser import Browser, Page
from world.company import CLIENT_ID, CLIENT_SECRET, EVERYBODY, Persona
from world.process import SCRATCH, Program


class Idp:
    """The provider, at work."""

    def __init__(self, client_url: str, home: Path, *, claims_at_userinfo: bool = False) -> None:
        """Starts it for the client at this address, with everybody in it."""
        people = {
            persona.login: {"name": persona.name, "email": persona.email, "groups": persona.groups}
            for persona in EVERYBODY
        }
        environment = {
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "CLAIMS_AT": "userinfo" if claims_at_userinfo else "id_token",
            "LOGOUT_URI": f"{client_url}/oidc/backchannel-logout",
            "REDIRECT_URI": f"{client_url}/oidc/callback",
            "PEOPLE": json.dumps(people),
        }
        command = ["node", str(SCRATCH / "node" / "idp.mjs")]
        self.program = Program("oidc-provider", command, environment, home / "idp.log")
        self.issuer = self.program.wait_for_address()
        self._control = httpx.Client(base_url=f"{self.issuer}/control")

    def hires(self, persona: Persona) -> None:
        """Lets somebody sign in."""
        person = {"name": persona.name, "email": persona.email, "groups": persona.groups}
        self._told("PUT", f"/people/{persona.login}", person)

    def puts_into(self, persona: Persona, *groups: str) -> None:
        """Makes somebody a member of these groups and no others."""
        self._told("PUT", f"/people/{persona.login}", {"groups": groups})

    def disables(self, persona: Persona) -> None:
        """Lets somebody in no more."""
        self._told("PUT", f"/people/{persona.login}", {"disabled": True})

    def revokes_tokens_of(self, persona: Persona) -> None:
        """Takes back every refresh token of somebody, who may sign in again."""
        self._told("POST", f"/people/{persona.login}/revoke")

    def refresh_tokens_of(self, persona: Persona) -> list[str]:
        """Every refresh token that somebody was ever given, oldest first."""
        return list(self._told("GET", f"/people/{persona.login}/refresh-tokens"))

    def rotates_keys(self) -> None:
        """Signs with another key from here on, and forgets the old one at once."""
        self._told("POST", "/keys/rotate")

    def gives_no_tokens(self, status: int) -> None:
        """Lets the token endpoint answer with this status alone."""
        self._told("POST", "/faults", {"status": status})

    def recovers(self) -> None:
        """Ends that."""
        self._told("DELETE", "/faults")

    def signs_in(self, browser: Browser, page: Page, persona: Persona) -> Page:
        """Says who they are and that they agree, as far as the provider asks, and goes where that leads."""
        for field in ("login", "prompt"):
            if page.url.startswith(self.issuer) and page.forms and field in page.forms[0].fields:
                answers = {"login": persona.login, "password": "any will do"} if field == "login" else {}
                page = browser.submit(page.forms[0], **answers)
        return page

    def signs_out(self, browser: Browser) -> Page:
        """Signs out whoever is signed in in this browser; the provider tells its clients of it."""
        page = browser.open(f"{self.issuer}/session/end")
        return browser.submit(page.forms[0], logout="yes")

    def _told(self, method: str, path: str, body: object = None) -> Any:
        answer = self._control.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()
