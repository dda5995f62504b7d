"""The security headers of every answer: no caching, no frames, no referrer to other sites, only the console's files."""

from typing import Final

from starlette.responses import Response

_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",  # htmx requests parts of pages
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_HEADERS: Final = {
    "content-security-policy": "; ".join(_POLICY),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with no-referrer, browsers send `Origin: null` for every form
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


def secured(response: Response) -> Response:
    """Return the response with these headers; a header that it has already stays (static files may be cached)."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
