"""Build answers in the form that TikTok sends them."""

import secrets
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.responses import Response

_NGINX = """<html>
<head><title>{status} {reason}</title></head>
<body><center><h1>{status} {reason}</h1></center><hr><center>nginx</center></body>
</html>
"""
_REASONS = {413: "Request Entity Too Large", 429: "Too Many Requests", 502: "Bad Gateway", 503: "Service Unavailable"}


def new_request_id(now: datetime) -> str:
    """Return a request id as TikTok's: the time in 14 digits, then 20 hex digits."""
    return f"{now.astimezone(UTC):%Y%m%d%H%M%S}{secrets.token_hex(10).upper()}"


def envelope(
    code: int, message: str, request_id: str, data: object = None, headers: dict[str, str] | None = None
) -> Response:
    """Return TikTok's JSON; the status is 200 for every code, as at TikTok."""
    body = {"code": code, "message": message, "request_id": request_id, "data": {} if data is None else data}
    return json(body, headers=headers)


def json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON answer."""
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def gateway(status: int, headers: dict[str, str] | None = None) -> Response:
    """Return the answer of a proxy in front of TikTok: a page without a code."""
    reason = _REASONS.get(status, "Error")
    return Response(_NGINX.format(status=status, reason=reason), status, headers, media_type="text/html")


def garbage() -> Response:
    """Return an answer with the status of a success and an unreadable body."""
    return Response(b'{"code":0,"mess\xff\x00<html>', media_type="application/json")
