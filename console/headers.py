"""The headers of every answer: nothing of it is kept, framed, told further, or runs but our own files."""

from typing import Final

from starlette.responses import Response

_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",  # htmx asks for parts of pages
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_HEADERS: Final = {
    "content-security-policy": "; ".join(_POLICY),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with no-referrer browsers send `Origin: null`, whoever asks
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


def secured(response: Response) -> Response:
    """The response with them; what it says of its own stays (static files may be kept)."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
