"""AWS's sign-in endpoint, which nobody emulates: credentials for a token, a token for the console.

<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>
"""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from world.aws import Credentials

SESSION_MEMBERS = {"sessionId", "sessionKey", "sessionToken"}


class SignIn:
    """The endpoint, and the credentials that came to it."""

    def __init__(self) -> None:
        """Listens on loopback."""
        self._tokens: dict[str, Credentials] = {}
        self._consoles: dict[str, Credentials] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Listens no more."""
        self._server.shutdown()
        self._server.server_close()

    def credentials_behind(self, console: str) -> Credentials:
        """Those of the session that this console shows."""
        return self._consoles[urlsplit(console).path]

    @property
    def sessions(self) -> int:
        """How many sessions have come this far."""
        return len(self._consoles)

    def token_for(self, query: dict[str, str]) -> str | None:
        """A token for the session in the query; none where the query is not exactly what AWS documents."""
        if query.keys() != {"Action", "Session"}:
            return None
        session = _parsed(query["Session"])
        if not isinstance(session, dict) or session.keys() != SESSION_MEMBERS or not all(session.values()):
            return None
        token = secrets.token_urlsafe()
        self._tokens[token] = Credentials(*(session[name] for name in sorted(SESSION_MEMBERS)))
        return token

    def console_for(self, query: dict[str, str]) -> str | None:
        """The address of a console, for a token that is good once."""
        if query.keys() != {"Action", "Issuer", "Destination", "SigninToken"}:
            return None
        credentials = self._tokens.pop(query["SigninToken"], None)
        if credentials is None or query["Destination"] != "https://console.aws.amazon.com/":
            return None
        path = f"/console/{secrets.token_urlsafe()}"
        self._consoles[path] = credentials
        return path

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                query = dict(parse_qsl(address.query))
                match address.path, query.get("Action"):
                    case "/federation", "login":
                        self._redirect(endpoint.console_for(query))
                    case path, None if path in endpoint._consoles:
                        self._answer(200, "text/html", "<h1>AWS console</h1>")
                    case _:
                        self.send_error(404)

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                form = dict(parse_qsl(self.rfile.read(length).decode()))
                if (self.path, form.get("Action")) != ("/federation", "getSigninToken"):
                    return self.send_error(404)
                self._answer_with_token(endpoint.token_for(form))

            def _answer_with_token(self, token: str | None) -> None:
                if token is None:
                    return self.send_error(400)
                self._answer(200, "application/json", json.dumps({"SigninToken": token}))

            def _redirect(self, path: str | None) -> None:
                if path is None:
                    return self.send_error(400)
                self.send_response(302)
                self.send_header("location", path)
                self.send_header("content-length", "0")
                self.end_headers()

            def _answer(self, status: int, kind: str, body: str) -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Says nothing, for an address here is a secret."""

        return Handler


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
