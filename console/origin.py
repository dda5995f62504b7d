"""Whether a form comes from a page of this console, by what browsers say; and which header a proxy in front changed."""

from urllib.parse import urlsplit

from starlette.requests import Request

from process.peers import Peers

FOREIGN = "This was sent by another site, so nothing was done."
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def why_foreign(request: Request, peers: Peers) -> list[str]:
    """Return what to say where another site sent this; nothing where this console did, or no browser.

    Browsers say where a form is from, and no page can lie about it: in Sec-Fetch-Site, which is about the address
    that the browser sees, else in Origin, which is to be compared with Host. What says nothing at all is no
    browser's, so nobody's cookie went along unasked; it too needs the session's token.
    """
    said = request.headers
    if "sec-fetch-site" in said:
        return [] if said["sec-fetch-site"] == "same-origin" and said.get("origin") != "null" else [FOREIGN]
    sources = [said[name] for name in ("origin", "referer") if name in said]
    hosts = [said.get("host", ""), *peers.forwarded_hosts(request.scope)]
    if all(_is_of(source, hosts) for source in sources):
        return []
    return [FOREIGN, *_remedy(sources[0], hosts[0])]


def is_https(request: Request, peers: Peers) -> bool:
    """Whether the browser is at an https address: a proxy that is trusted says so, or the browser does."""
    return peers.is_https(request.scope) or request.headers.get("origin", "").startswith("https://")


def _is_of(source: str, hosts: list[str]) -> bool:
    place = _place(source)
    if place is None:
        return False
    scheme, name = place
    default = _DEFAULT_PORTS.get(scheme, "")
    return name.removesuffix(default) in {host.strip().lower().removesuffix(default) for host in hosts if host.strip()}


def _place(source: str) -> tuple[str, str] | None:
    """Return scheme and host of an address, in lower case; None where it has none."""
    try:
        read = urlsplit(source)
    except ValueError:
        return None
    return (read.scheme.lower(), read.netloc.lower()) if read.netloc else None


def _remedy(source: str, host: str) -> list[str]:
    place = _place(source)
    if place is None:
        return []
    sentence = (
        f"If you sent it from this page: your browser is at {place[1]}, but the proxy in front of relay sends the "
        f"header Host: {host or '(none)'}. Let it pass on the name that the browser asks for; in nginx: "
        "proxy_set_header Host $http_host; and see docs/console.md for others."
    )
    return [sentence]
