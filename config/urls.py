"""Check the URLs in settings. Messages never quote a URL, because it may be a secret."""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from config.redis_address import RedisAddress

_ARCHIVE: Final = (
    "must be a URL such as file:///var/lib/relay/archive, s3://bucket/path, gs://bucket/path or az://container/path"
)
_NO_CREDENTIALS: Final = (
    "must be a scheme, a bucket and a path only: credentials and options belong in the variables of the service, such "
    "as AWS_ACCESS_KEY_ID (docs/archive.md)"
)
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}", re.ASCII)


def tiktok_url(text: str) -> str:
    """Return scheme, host and port without a final slash; https only, because of the token, unless it is loopback."""
    example = "https://business-api.tiktok.com"
    url = _http_url(text, example)
    if url.username is not None or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError(f"must be a scheme and a host only, such as {example}")
    return f"{url.scheme}://{url.netloc}"


def webhook_url(secret: SecretStr) -> SecretStr:
    """Return the URL, a secret, because anyone who knows it can write to its channel; https unless it is loopback."""
    _http_url(secret.get_secret_value(), "https://hooks.slack.com/services/…")
    return secret


def archive_url(text: str) -> str:
    """Return the URL of the archive. It holds no credentials: libraries read these from their own variables."""
    try:
        url = urlsplit(text)
    except ValueError:
        raise ValueError(_ARCHIVE) from None
    if "@" in url.netloc or url.query or url.fragment:
        raise ValueError(_NO_CREDENTIALS)
    local = url.scheme == "file" and not url.netloc and url.path.strip("/")
    remote = url.scheme in ("s3", "gs", "az") and _BUCKET.fullmatch(url.netloc)
    if not (local or remote):
        raise ValueError(_ARCHIVE)
    return text.rstrip("/")


def redis_url(secret: SecretStr) -> SecretStr:
    """Return the URL if RedisAddress can parse it. Raise ValueError."""
    RedisAddress.parse(secret.get_secret_value())
    return secret


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine itself; the rule for https and for proxies."""
    host = host.lower().strip("[]").removesuffix(".")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _http_url(text: str, example: str) -> SplitResult:
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise ValueError(f"must be a URL such as {example}") from None
    if url.scheme not in ("http", "https") or not host:
        raise ValueError(f"must be a URL such as {example}")
    if url.scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https:// (http:// is for 127.0.0.1, ::1 and localhost only)")
    return url
