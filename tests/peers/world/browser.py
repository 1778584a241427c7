"""A browser without scripts: it keeps cookies, follows redirects and refreshes, and fills in forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener


@dataclass
class Form:
    """A form that is posted, with what is filled in already."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.refresh: str | None = None
        self.texts: list[str] = []
        self._hidden = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(attributes.get("action", "")))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "meta" and attributes.get("http-equiv") == "refresh":
            self.refresh = attributes["content"].partition("url=")[2]
        elif tag == "style":
            self._hidden = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)


class Page:
    """What a browser shows."""

    def __init__(self, url: str, status: int, html: str) -> None:
        """Reads an answer."""
        read = _Reader(html)
        self.url = url
        self.status = status
        self.forms = [Form(urljoin(url, form.action), form.fields) for form in read.forms]
        self.refresh = read.refresh
        self.text = " ".join(" ".join(read.texts).split())

    def __repr__(self) -> str:
        """For whoever reads why a test failed."""
        return f"<{self.status} {self.url}: {self.text}>"


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        """Opens it, without a cookie. Like browsers do, it takes loopback for as good as https."""
        cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(cookies))

    def open(self, url: str) -> Page:
        """Goes to an address, and on to where its pages refresh to."""
        return self._goes(Request(url))

    def submit(self, form: Form, **fields: str) -> Page:
        """Fills in a form and sends it."""
        return self._goes(Request(form.action, urlencode(form.fields | fields).encode()))

    def _goes(self, request: Request) -> Page:
        try:
            response = self._opener.open(request, timeout=30)
        except HTTPError as refusal:
            response = refusal
        with response:
            page = Page(response.url, response.status, response.read().decode())
        return self.open(page.refresh) if page.refresh else page
