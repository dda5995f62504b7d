"""Decide from a browser's headers whether a form was sent by a page of this console, and explain a proxy's fault."""

from urllib.parse import urlsplit

from starlette.requests import Request

from process.peers import Peers

CROSS_SITE = "Another site sent this form, so relay did nothing."
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def explain_cross_site(request: Request, peers: Peers) -> list[str]:
    """Return sentences for the operator if another site sent this form, else an empty list.

    A browser says where a form comes from, and a page cannot change that: in Sec-Fetch-Site, which is about the URL in
    the browser, or else in Origin, which is compared with Host. A request without these headers is not from a browser,
    so no other site can have made the browser add its cookie; it still needs the session's token.
    """
    headers = request.headers
    if "sec-fetch-site" in headers:
        same = headers["sec-fetch-site"] == "same-origin" and headers.get("origin") != "null"
        return [] if same else [CROSS_SITE]
    sources = [headers[name] for name in ("origin", "referer") if name in headers]
    hosts = [headers.get("host", ""), *peers.forwarded_hosts(request.scope)]
    if all(_has_host(source, hosts) for source in sources):
        return []
    return [CROSS_SITE, *_remedy(sources[0], hosts[0])]


def is_https(request: Request, peers: Peers) -> bool:
    """Return whether the browser uses https, as a trusted proxy or the browser itself says."""
    return peers.is_https(request.scope) or request.headers.get("origin", "").startswith("https://")


def _has_host(source: str, hosts: list[str]) -> bool:
    origin = _scheme_and_host(source)
    if origin is None:
        return False
    scheme, name = origin
    default = _DEFAULT_PORTS.get(scheme, "")
    return name.removesuffix(default) in {host.strip().lower().removesuffix(default) for host in hosts if host.strip()}


def _scheme_and_host(source: str) -> tuple[str, str] | None:
    """Return scheme and host of a URL in lower case, or None if it has no host."""
    try:
        read = urlsplit(source)
    except ValueError:
        return None
    return (read.scheme.lower(), read.netloc.lower()) if read.netloc else None


def _remedy(source: str, host: str) -> list[str]:
    origin = _scheme_and_host(source)
    if origin is None:
        return []
    sentence = (
        f"If you sent it from this console: your browser uses the host {origin[1]}, but the proxy in front of relay "
        f"sends the header Host: {host or '(none)'}. Configure the proxy to keep the browser's host; in nginx: "
        "proxy_set_header Host $http_host. For other proxies see docs/console.md."
    )
    return [sentence]
