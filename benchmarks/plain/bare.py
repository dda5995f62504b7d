"""The floor under ingest: uvicorn answers 202 at once, whatever the body."""

from typing import Any


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request with 202."""
    del receive
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})
