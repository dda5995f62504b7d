"""One POST to the alert webhook: the JSON that Slack and its likes read, and the same as fields for programs."""

from typing import Final
from urllib.parse import urlsplit

import httpx

from config.urls import is_loopback
from operations.alerts.rules import Notice

TIMEOUT: Final = httpx.Timeout(5.0, connect=3.0)


def post(url: str, notice: Notice) -> str | None:
    """None when it was taken, else what went wrong, without the URL, which is a secret. Nothing is retried here."""
    host = urlsplit(url).hostname or ""
    try:
        with httpx.Client(timeout=TIMEOUT, trust_env=not is_loopback(host)) as http:
            body = {"text": notice.text, "relay": notice.fields}
            with http.stream("POST", url, json=body) as answer:  # what it says beside its status nobody reads
                return None if answer.is_success else f"HTTP {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
