"""Who must do what when a connection cannot deliver: sentences for people, free of anyone's data."""

from typing import NamedTuple


class Remedy(NamedTuple):
    """One kind of broken connection. The connection's id is added by whoever knows it."""

    fault: str
    """What is broken, in two or three words: `token refused`."""
    who: str
    what_to_do: str


_OPERATOR = "whoever runs this relay"
_CONFIGURES = "whoever configures this connection"
_TIKTOK_ADMIN = "an admin of the TikTok advertiser account"

TOKEN = Remedy(
    "token refused",
    _TIKTOK_ADMIN,
    "put a valid Events API token in access_token of this connection: Events Manager makes one under the settings of "
    "the event source; it is written as it is, without `Bearer`. Delivery goes on by itself once the file is saved",
)
TOKEN_UNUSABLE = Remedy(
    "token unusable",
    _CONFIGURES,
    "correct access_token of this connection: it is empty, or holds a space at an end, a line break or a letter "
    "outside ASCII, and cannot be sent in a header",
)
PERMISSION = Remedy(
    "no permission",
    _TIKTOK_ADMIN,
    "let the owner of access_token operate the event source in event_source_id (admin or operator of its advertiser "
    "account), or make a token in the account that owns it. Check that both belong to the same account",
)
SOURCE = Remedy(
    "event source not found",
    _CONFIGURES,
    "correct event_source_id of this connection: it was deleted at TikTok, or belongs to another kind of event source",
)
ACCOUNT = Remedy(
    "advertiser account refused",
    _TIKTOK_ADMIN,
    "see to the advertiser account that owns the event source: it is closed, or the token's owner has no role in it",
)
ALLOW_LIST = Remedy(
    "not on TikTok's allow-list",
    _TIKTOK_ADMIN,
    "ask TikTok's support to open the Events API for this account (app events need it), then make a new token",
)
BLOCKED = Remedy(
    "blocked by TikTok",
    _TIKTOK_ADMIN,
    "ask TikTok's support why this account may not send events; give them the request id from the log",
)
PARTNER = Remedy(
    "partner name refused",
    _OPERATOR,
    "send no partner_name, or one that TikTok knows",
)
ENDPOINT = Remedy(
    "endpoint gone",
    _OPERATOR,
    "check RELAY_TIKTOK_URL. If it is TikTok's own host, TikTok has retired the endpoint: a legacy connection moves on "
    "with enable_web_migration: true (web input) or event_source_type: web (feed input); otherwise update relay",
)
REDIRECT = Remedy(
    "redirected",
    _OPERATOR,
    "check RELAY_TIKTOK_URL: it answers with a redirect, which is not followed because the token would go along",
)


CONNECTION_REFUSED = Remedy(
    "connection refused",
    _OPERATOR,
    "check RELAY_TIKTOK_URL and this host's firewall: whatever answers at that address refuses the connection",
)
NO_NAME = Remedy(
    "its name does not resolve",
    _OPERATOR,
    "check the name servers of this host or container, and RELAY_TIKTOK_URL: the host's name has no address here",
)
NO_ROUTE = Remedy(
    "no connection",
    _OPERATOR,
    "let this host connect to TikTok on port 443, or set HTTPS_PROXY where the way out is a proxy",
)
CERTIFICATE_UNTRUSTED = Remedy(
    "certificate of an unknown authority",
    _OPERATOR,
    "put the authority's certificate into a PEM file beside the public ones, and name the file in SSL_CERT_FILE: "
    "a proxy that reads TLS signs with an authority of its own",
)
CERTIFICATE_EXPIRED = Remedy(
    "certificate not valid now",
    _OPERATOR,
    "check this host's clock; if it is right, whoever runs the proxy or server at that address must renew the "
    "certificate",
)
CERTIFICATE_OF_ANOTHER = Remedy(
    "certificate of another host",
    _OPERATOR,
    "check RELAY_TIKTOK_URL, and whether a proxy or name server leads TikTok's name elsewhere: the certificate is for "
    "another host",
)
NO_TLS = Remedy(
    "no TLS",
    _OPERATOR,
    "check RELAY_TIKTOK_URL, HTTPS_PROXY and the firewall: whatever answers at that address does not speak TLS",
)


def proxy_down(place: str) -> Remedy:
    """The remedy where the proxy itself cannot be reached."""
    return Remedy(
        f"the proxy at {place} cannot be reached",
        _OPERATOR,
        "check HTTPS_PROXY and that the proxy runs; hosts that need no proxy belong in NO_PROXY",
    )


def proxy_wants_password(place: str) -> Remedy:
    """The remedy where the proxy refuses the credentials, or asks for some."""
    return Remedy(
        f"the proxy at {place} asks for a password (407)",
        _OPERATOR,
        "put the proxy's user and password into HTTPS_PROXY, as http://user:password@host:port; characters such as @ "
        "and / are written as %40 and %2F",
    )


def proxy_refuses(place: str, answer: str) -> Remedy:
    """The remedy where the proxy does not connect to TikTok; `answer` is its HTTP status or `SOCKS`."""
    return Remedy(
        f"the proxy at {place} does not connect to TikTok ({answer})",
        _OPERATOR,
        "ask whoever runs the proxy to allow CONNECT to TikTok's host on port 443",
    )


def setting_refused(name: str) -> Remedy:
    """The remedy where TikTok names the field of the request that the connection's settings fill."""
    return Remedy(f"{name} refused", _CONFIGURES, _SETTINGS.get(name, _SETTINGS["event_source_id"]))


_SETTINGS = {
    "event_source_id": "correct event_source_id of this connection: the pixel code for web, TikTok's app id for app, "
    "the offline event set id for feed. An id of one kind is refused by the others",
    "event_source": "check that event_source_id of this connection is of the kind that its inputs need: pixel code for "
    "web, TikTok's app id for app, offline event set id for feed",
    "test_event_code": "correct test_event_code of this connection, or take it out: Events Manager shows the current "
    "one under Test events",
    "partner_name": PARTNER.what_to_do,
}
