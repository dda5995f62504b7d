"""A visitor of the console without a browser: keeps cookies, brings back what forms must bring back."""

import re
from html import unescape
from typing import Any

import httpx

PASSWORD = "correct horse battery staple"
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]*)"')
_TAGS = re.compile(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", re.DOTALL)


class ConsoleClient:
    """A visitor of one console."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=20, headers=headers)
        self.csrf = ""

    def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        """The answer to the login form; signed in when the password is right."""
        answer = self.post("/console/login", password=password)
        if answer.status_code == 303:
            self.get("/console")
        return answer

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A page; its form's token is kept."""
        return self._kept(self.http.get(path, headers=headers))

    def post(self, path: str, /, *, part: bool = False, **fields: Any) -> httpx.Response:
        """A form of the page that was last seen, as a browser sends it; `part`: as htmx does."""
        headers = {"origin": self.url, **({"hx-request": "true"} if part else {})}
        return self._kept(self.http.post(path, data={"csrf": self.csrf, **fields}, headers=headers))

    def close(self) -> None:
        """Leave."""
        self.http.close()

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        if found := _CSRF.search(answer.text):
            self.csrf = found[1]
        return answer


def visible_text(answer: httpx.Response) -> str:
    """What a page says, as one line of words."""
    return " ".join(unescape(_TAGS.sub(" ", answer.text)).split())


def hidden_fields(answer: httpx.Response) -> dict[str, Any]:
    """The hidden fields of the page's last form, but for the token."""
    form = answer.text.rpartition("<form")[2].partition("</form>")[0]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found if name != "csrf"}
