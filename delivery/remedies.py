"""Name who must do what when a connection cannot deliver: sentences for people, without personal data."""

from typing import Final, NamedTuple

from config.dead_letter_reasons import CONFIGURES, OPERATOR


class Remedy(NamedTuple):
    """What is wrong with a connection, and who must do what. It does not name the connection."""

    fault: str
    """What is wrong, in two or three words: `token refused`."""
    who: str
    what_to_do: str


TIKTOK_ADMIN: Final = "an admin of the TikTok advertiser account"

TOKEN = Remedy(
    "token refused",
    TIKTOK_ADMIN,
    "put a valid Events API token into access_token of this connection: Events Manager generates one in the settings "
    "of the event source. Write it without `Bearer`. Delivery resumes automatically once the file is saved. Where "
    "access_token is a variable (${NAME}), correct that and restart the workers",
)
TOKEN_UNUSABLE = Remedy(
    "token unusable",
    CONFIGURES,
    "correct access_token of this connection: it is empty, or has a space at an end, a line break or a character "
    "outside ASCII, so that a header cannot carry it",
)
PERMISSION = Remedy(
    "no permission",
    TIKTOK_ADMIN,
    "make the owner of access_token an admin or operator of the advertiser account that owns event_source_id, or "
    "generate a token in that account. Check that both belong to the same account",
)
SOURCE = Remedy(
    "event source not found",
    CONFIGURES,
    "correct event_source_id of this connection: TikTok has deleted it, or it belongs to another kind of event source",
)
ACCOUNT = Remedy(
    "advertiser account refused",
    TIKTOK_ADMIN,
    "check the advertiser account that owns the event source: it is closed, or the token's owner has no role in it",
)
ALLOW_LIST = Remedy(
    "not on TikTok's allow-list",
    TIKTOK_ADMIN,
    "ask TikTok's support to enable the Events API for this account (app events need it), then generate a new token",
)
BLOCKED = Remedy(
    "blocked by TikTok",
    TIKTOK_ADMIN,
    "ask TikTok's support why this account may not send events; give them the request id from the log",
)
PARTNER = Remedy(
    "partner name refused",
    OPERATOR,
    "send no partner_name, or one that TikTok knows",
)
ENDPOINT = Remedy(
    "endpoint gone",
    OPERATOR,
    "check RELAY_TIKTOK_URL. If it is TikTok's own host, TikTok has retired the endpoint: migrate a legacy connection "
    "with enable_web_migration: true (web input) or event_source_type: web (feed input); otherwise update relay",
)
REDIRECT = Remedy(
    "redirected",
    OPERATOR,
    "check RELAY_TIKTOK_URL: it answers with a redirect, and relay does not send the token to another address",
)

CONNECTION_REFUSED = Remedy(
    "connection refused",
    OPERATOR,
    "check RELAY_TIKTOK_URL and this host's firewall: the connection to that address is refused",
)
NO_NAME = Remedy(
    "its name does not resolve",
    OPERATOR,
    "check the name servers of this host or container, and RELAY_TIKTOK_URL: the host's name has no address here",
)
NO_ROUTE = Remedy(
    "no connection",
    OPERATOR,
    "allow this host to connect to TikTok on port 443, or set HTTPS_PROXY where connections need a proxy",
)
CERTIFICATE_UNTRUSTED = Remedy(
    "certificate of an unknown authority",
    OPERATOR,
    "put the authority's certificate into a PEM file together with the public ones, and name the file in "
    "SSL_CERT_FILE: a proxy that inspects TLS signs with its own authority",
)
CERTIFICATE_EXPIRED = Remedy(
    "certificate not valid now",
    OPERATOR,
    "check this host's clock; if it is right, have the certificate of the proxy or server at that address renewed",
)
CERTIFICATE_OF_ANOTHER = Remedy(
    "certificate of another host",
    OPERATOR,
    "check RELAY_TIKTOK_URL, and whether a proxy or name server gives another address for TikTok's name: the "
    "certificate is for another host",
)
NO_TLS = Remedy(
    "no TLS",
    OPERATOR,
    "check RELAY_TIKTOK_URL, HTTPS_PROXY and the firewall: the server at that address does not speak TLS",
)


def proxy_down(place: str) -> Remedy:
    """Return the remedy for a proxy that cannot be reached."""
    return Remedy(
        f"the proxy at {place} cannot be reached",
        OPERATOR,
        "check HTTPS_PROXY and that the proxy runs; hosts that need no proxy belong in NO_PROXY",
    )


def proxy_wants_password(place: str) -> Remedy:
    """Return the remedy for a proxy that requires credentials, or refuses them."""
    return Remedy(
        f"the proxy at {place} asks for a password (407)",
        OPERATOR,
        "put the proxy's user and password into HTTPS_PROXY, as http://user:password@host:port; characters such as @ "
        "and / are written as %40 and %2F",
    )


def proxy_refuses(place: str, answer: str) -> Remedy:
    """Return the remedy for a proxy that does not connect to TikTok; `answer` is its HTTP status or `SOCKS`."""
    return Remedy(
        f"the proxy at {place} does not connect to TikTok ({answer})",
        OPERATOR,
        "have the proxy allow CONNECT to TikTok's host on port 443",
    )


def setting_refused(name: str) -> Remedy:
    """Return the remedy for a refused field of the request that a setting of the connection fills."""
    return Remedy(f"{name} refused", CONFIGURES, _SETTINGS.get(name, _SETTINGS["event_source_id"]))


_SETTINGS = {
    "event_source_id": "correct event_source_id of this connection: the pixel code for web, TikTok's app id for app, "
    "the offline event set id for feed. TikTok refuses an id of another kind",
    "event_source": "check that event_source_id of this connection is of the kind that its inputs need: pixel code for "
    "web, TikTok's app id for app, offline event set id for feed",
    "test_event_code": "correct test_event_code of this connection, or remove it: Events Manager shows the current one "
    "under Test events",
    "partner_name": PARTNER.what_to_do,
}
