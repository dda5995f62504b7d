"""Post an alert to the webhook: text for Slack and similar tools, and the same as fields for programs."""

from typing import Final
from urllib.parse import urlsplit

from config.urls import is_loopback
from operations.alerts.rules import Notice

CONNECT_S: Final = 3.0
ANSWER_S: Final = 5.0


def post(url: str, notice: Notice, cell: str) -> str | None:
    """Post once, with the name of the cell if it has one. Return None on success.

    Otherwise return the error without the URL, which is a secret.
    """
    host = urlsplit(url).hostname or ""
    try:
        import httpx  # only where alerts have a webhook, and only once there is something to tell

        with httpx.Client(timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S), trust_env=not is_loopback(host)) as http:
            body = _body(notice, cell)
            with http.stream("POST", url, json=body) as answer:  # the body is not read
                return None if answer.is_success else f"HTTP {answer.status_code}"
    except Exception as error:  # noqa: BLE001 - certificates that cannot be read, an import after an upgrade: try later
        return type(error).__name__


def _body(notice: Notice, cell: str) -> dict[str, object]:
    if not cell:
        return {"text": notice.text, "relay": notice.fields}
    return {"text": f"Cell {cell}: {notice.text}", "relay": {**notice.fields, "cell": cell}}
