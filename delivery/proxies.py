"""Read the proxy and certificates for TikTok from HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.

A lower-case name takes precedence over the same name in capitals. Messages never show a proxy's password.
"""

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import certifi

from config.errors import ConfigurationError, Problem
from config.urls import is_loopback

_SCHEMES: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_WHAT_A_PROXY_IS: Final = (
    "must be a proxy such as http://proxy.example:3128 or socks5://proxy.example:1080, "
    "with user:password@ before the host where the proxy asks for it"
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy; `place` is its host and port, for messages."""

    url: str
    place: str
    auth: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def is_socks(self) -> bool:
        """Whether this is a SOCKS5 proxy and not an HTTP proxy."""
        return self.url.startswith("socks5")


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """How requests reach TikTok.

    `ignored`: the entries of NO_PROXY that are invalid. `trust`: SSL_CERT_FILE or SSL_CERT_DIR, "" for none.
    """

    proxy: Proxy | None = None
    ignored: tuple[str, ...] = ()
    trust: str = ""


def proxy_settings_for(url: str, environ: Mapping[str, str] | None = None) -> ProxySettings:
    """Return the settings for requests to `url`. Raise ConfigurationError when the proxy's URL is invalid."""
    environ = os.environ if environ is None else environ
    target = urlsplit(url)
    host = target.hostname or ""
    if is_loopback(host):
        return ProxySettings()  # a company's proxy reaches TikTok, but not a sandbox on this host
    trust = environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR") or ""
    name, text = _first(environ, "https_proxy" if target.scheme == "https" else "http_proxy", "all_proxy")
    if not text:
        return ProxySettings(trust=trust)
    excepted, ignored = _is_excepted(host, target.port or 443, _first(environ, "no_proxy")[1])
    return ProxySettings(None if excepted else _proxy(name, text), ignored, trust)


def certificates(environ: Mapping[str, str] | None = None) -> ssl.SSLContext:
    """Return the certificates to trust. Raise ConfigurationError when SSL_CERT_FILE or SSL_CERT_DIR cannot be read."""
    environ = os.environ if environ is None else environ
    file, directory = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    name = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
    try:
        if directory and not file:
            return ssl.create_default_context(capath=directory)
        return ssl.create_default_context(cafile=file or certifi.where())
    except (OSError, ssl.SSLError) as error:
        why = (
            error.strerror if not isinstance(error, ssl.SSLError) and error.strerror else "no certificates in PEM form"
        )
        what = "must name a file of certificates in PEM form" if name == "SSL_CERT_FILE" else "must name a directory"
        raise ConfigurationError([Problem(name, None, f"{what}; it cannot be read: {why}")]) from None


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    """Return the name and value of the first of these variables that is set; two empty texts when none is."""
    for name in names:
        for spelling in (name, name.upper()):
            if text := environ.get(spelling, "").strip():
                return spelling, text
    return "", ""


def _proxy(name: str, text: str) -> Proxy:
    url = _split(text if "://" in text else f"http://{text}")
    if url is None or url.scheme not in _SCHEMES or not url.hostname:
        raise ConfigurationError([Problem(name, None, _WHAT_A_PROXY_IS)])
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    place = f"{host}:{url.port or _SCHEMES[url.scheme]}"
    auth = None if url.username is None else (unquote(url.username), unquote(url.password or ""))
    return Proxy(f"{url.scheme}://{place}", place, auth)


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        _ = url.hostname, url.port
    except ValueError:
        return None
    return url


def _is_excepted(host: str, port: int, text: str) -> tuple[bool, tuple[str, ...]]:
    """Return whether NO_PROXY excepts the host, and its entries that are no host, address or network."""
    excepted, ignored = False, []
    for entry in (part for part in re.split(r"[\s,]+", text) if part):
        match = _matches(host, port, entry)
        if match is None:
            ignored.append(entry)
        excepted = excepted or bool(match)
    return excepted, tuple(ignored)


def _matches(host: str, port: int, entry: str) -> bool | None:
    """Return whether the entry matches the host; None when the entry is invalid."""
    if entry == "*":
        return True
    try:
        network = ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return _matches_name(host, port, entry)
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def _matches_name(host: str, port: int, entry: str) -> bool | None:
    """Match `example.com` and `.example.com` against the host and its subdomains, and the port where one is given."""
    found = re.fullmatch(r"(?:\*?\.)?([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\.?(?::(\d{1,5}))?", entry)
    if found is None:
        return None
    name = found[1].lower()
    same_port = found[2] is None or int(found[2]) == port
    return same_port and (host.lower() == name or host.lower().endswith(f".{name}"))
