"""A client of the console without a browser: it keeps cookies and sends the CSRF token of the last page."""

import re
from html import unescape
from typing import Any

import httpx

PASSWORD = "correct horse battery staple"
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]*)"')
_TAGS = re.compile(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", re.DOTALL)


class ConsoleClient:
    """A client of one console."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=20, headers=headers)
        self.csrf = ""

    def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        """Send the login form and return the answer; the client is signed in if the password is right."""
        answer = self.post("/console/login", password=password)
        if answer.status_code == 303:
            self.get("/console")
        return answer

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Return a page and keep the token of its forms."""
        return self._keep_token(self.http.get(path, headers=headers))

    def post(self, path: str, /, *, part: bool = False, **fields: Any) -> httpx.Response:
        """Send a form of the last page as a browser does, or with `part` as htmx does; return the answer."""
        headers = {"origin": self.url, **({"hx-request": "true"} if part else {})}
        return self._keep_token(self.http.post(path, data={"csrf": self.csrf, **fields}, headers=headers))

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def _keep_token(self, answer: httpx.Response) -> httpx.Response:
        if found := _CSRF.search(answer.text):
            self.csrf = found[1]
        return answer


def visible_text(answer: httpx.Response) -> str:
    """Return the text of a page as one line."""
    return " ".join(unescape(_TAGS.sub(" ", answer.text)).split())


def hidden_fields(answer: httpx.Response) -> dict[str, Any]:
    """Return the hidden fields of the page's last form, without the token."""
    form = answer.text.rpartition("<form")[2].partition("</form>")[0]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found if name != "csrf"}
