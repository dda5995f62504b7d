"""Map TikTok's codes and HTTP statuses to what they mean, as tables. A code in the body counts before the status.

Names in capitals are TikTok's; names in lower case are relay's, where TikTok publishes none.
"""

from dataclasses import dataclass
from typing import NamedTuple

from delivery import remedies
from delivery.remedies import Remedy


@dataclass(frozen=True, slots=True)
class Accepted:
    """TikTok accepted the events, except those that it lists as failed."""


@dataclass(frozen=True, slots=True)
class Transient:
    """The same request may succeed later.

    `unknown`: TikTok may have accepted the events. `least_s`: wait at least this long.
    """

    throttle: bool = False
    unknown: bool = False
    least_s: float | None = None


@dataclass(frozen=True, slots=True)
class EventRefused:
    """Some event is at fault. With `or_connection`, it may be a setting of the connection, if the message says so."""

    or_connection: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionBroken:
    """The connection is at fault."""

    remedy: Remedy


Meaning = Accepted | Transient | EventRefused | ConnectionBroken


class CodeMeaning(NamedTuple):
    """What the numbers from `first` to `last` (inclusive) mean."""

    first: int
    last: int
    name: str
    meaning: Meaning


_token = ConnectionBroken(remedies.TOKEN)
_permission = ConnectionBroken(remedies.PERMISSION)
_endpoint = ConnectionBroken(remedies.ENDPOINT)
_account = ConnectionBroken(remedies.ACCOUNT)
_partner = ConnectionBroken(remedies.PARTNER)
_throttle = Transient(throttle=True)
_unknown = Transient(unknown=True)

# The first row that contains the code counts, so single codes stand above the range around them.
CODES = (
    CodeMeaning(0, 0, "OK", Accepted()),
    CodeMeaning(20001, 20001, "PARTIAL_OK", Accepted()),
    CodeMeaning(40000, 40000, "INVALID_PARAMS", EventRefused(or_connection=True)),
    CodeMeaning(40001, 40001, "PERMISSION_ERROR", _permission),
    CodeMeaning(40002, 40002, "PARAM_ERROR", EventRefused(or_connection=True)),
    CodeMeaning(40003, 40003, "FORBIDDEN", _permission),
    CodeMeaning(40006, 40006, "version gone", _endpoint),
    CodeMeaning(40007, 40007, "NOT_EXIST", ConnectionBroken(remedies.SOURCE)),
    CodeMeaning(40008, 40008, "no such interface", _endpoint),
    CodeMeaning(40010, 40010, "no such interface", _endpoint),
    CodeMeaning(40016, 40016, "BIZ_FC_ERROR", _throttle),
    CodeMeaning(40050, 40050, "DUPLICATED_REQUEST", Accepted()),
    CodeMeaning(40051, 40051, "version gone", _endpoint),
    CodeMeaning(40061, 40061, "INVALID_BATCH_SIZE", EventRefused()),
    CodeMeaning(40062, 40062, "PII_NOT_HASHED", EventRefused()),
    CodeMeaning(40063, 40063, "INVALID_PARTNER_NAME", _partner),
    CodeMeaning(40100, 40100, "too many requests of the app", _throttle),
    CodeMeaning(40101, 40101, "INVALID_PARTNER", _partner),
    CodeMeaning(40102, 40102, "token expired", _token),
    CodeMeaning(40104, 40104, "token empty", _token),
    CodeMeaning(40105, 40105, "token incorrect or revoked", _token),
    CodeMeaning(40106, 40106, "token refused", _token),
    CodeMeaning(40113, 40113, "app forbidden", _permission),
    CodeMeaning(40117, 40119, "not in the whitelist", ConnectionBroken(remedies.ALLOW_LIST)),
    CodeMeaning(40124, 40125, "token refused", _token),
    CodeMeaning(40130, 40131, "outside the token's scope", _permission),
    CodeMeaning(40132, 40132, "too many requests for a field's value", _throttle),
    CodeMeaning(40133, 40133, "too many requests of the advertiser", _throttle),
    CodeMeaning(40200, 40202, "task or write conflict", Transient()),
    CodeMeaning(40300, 40302, "advertiser, role or login", _account),
    CodeMeaning(40309, 40309, "advertiser, role or login", _account),
    CodeMeaning(40400, 40400, "no such route", _endpoint),
    CodeMeaning(41000, 41000, "BLOCKED", ConnectionBroken(remedies.BLOCKED)),
    CodeMeaning(41001, 41001, "INTERFACE_OFFLINE", _endpoint),
    CodeMeaning(41002, 41002, "interface offline", _endpoint),
    CodeMeaning(50000, 59999, "system error", _unknown),
    CodeMeaning(60001, 60001, "MAINTENANCE", Transient(least_s=60.0)),
    CodeMeaning(61000, 61000, "TOO_MANY_REQUESTS_BL", _throttle),
    CodeMeaning(50000, 2**63 - 1, "a later code for a system error", _unknown),
    CodeMeaning(-(2**63), 49999, "validation", EventRefused()),
)

# An answer without a code comes from a gateway before TikTok's application, or is broken.
STATUSES = (
    CodeMeaning(200, 299, "a success that says nothing", _unknown),
    CodeMeaning(300, 399, "redirect", ConnectionBroken(remedies.REDIRECT)),
    CodeMeaning(401, 401, "unauthorized", _token),
    CodeMeaning(403, 403, "forbidden", _permission),
    CodeMeaning(404, 404, "not found", _endpoint),
    CodeMeaning(408, 408, "request timeout", _unknown),
    CodeMeaning(410, 410, "gone", _endpoint),
    CodeMeaning(413, 413, "too large", EventRefused()),
    CodeMeaning(425, 425, "too early", Transient()),
    CodeMeaning(429, 429, "too many requests", _throttle),
    CodeMeaning(400, 499, "refused", EventRefused()),
    CodeMeaning(0, 999, "server error", _unknown),
)


def find(rows: tuple[CodeMeaning, ...], number: int) -> CodeMeaning:
    """Return the row for a code or a status."""
    return next((row for row in rows if row.first <= number <= row.last), rows[-1])
