"""TikTok's answers as rows: code or HTTP status → what it means. A code in the body always beats the status.

Names in capitals are TikTok's own, names in small letters ours where TikTok's is not published.
"""

from dataclasses import dataclass
from typing import NamedTuple

from delivery import remedies
from delivery.remedies import Remedy


@dataclass(frozen=True, slots=True)
class Taken:
    """TikTok has the events, all but those it lists."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Transient. `unknown`: the events may have been taken. `least_s`: asked to wait at least this long."""

    throttle: bool = False
    unknown: bool = False
    least_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Some event is at fault; or, where `or_connection`, a setting of the connection, if the message says so."""

    or_connection: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """The connection is at fault."""

    remedy: Remedy


Meaning = Taken | Wait | Refused | Broken


class Row(NamedTuple):
    """What `first` to `last` (both included) mean."""

    first: int
    last: int
    name: str
    meaning: Meaning


_token = Broken(remedies.TOKEN)
_permission = Broken(remedies.PERMISSION)
_endpoint = Broken(remedies.ENDPOINT)
_account = Broken(remedies.ACCOUNT)
_partner = Broken(remedies.PARTNER)
_throttle = Wait(throttle=True)
_unknown = Wait(unknown=True)

# The first row that holds the code counts, so single codes stand above their family.
CODES = (
    Row(0, 0, "OK", Taken()),
    Row(20001, 20001, "PARTIAL_OK", Taken()),
    Row(40000, 40000, "INVALID_PARAMS", Refused(or_connection=True)),
    Row(40001, 40001, "PERMISSION_ERROR", _permission),
    Row(40002, 40002, "PARAM_ERROR", Refused(or_connection=True)),
    Row(40003, 40003, "FORBIDDEN", _permission),
    Row(40006, 40006, "version gone", _endpoint),
    Row(40007, 40007, "NOT_EXIST", Broken(remedies.SOURCE)),
    Row(40008, 40008, "no such interface", _endpoint),
    Row(40010, 40010, "no such interface", _endpoint),
    Row(40016, 40016, "BIZ_FC_ERROR", _throttle),
    Row(40050, 40050, "DUPLICATED_REQUEST", Taken()),
    Row(40051, 40051, "version gone", _endpoint),
    Row(40061, 40061, "INVALID_BATCH_SIZE", Refused()),
    Row(40062, 40062, "PII_NOT_HASHED", Refused()),
    Row(40063, 40063, "INVALID_PARTNER_NAME", _partner),
    Row(40100, 40100, "too many requests of the app", _throttle),
    Row(40101, 40101, "INVALID_PARTNER", _partner),
    Row(40102, 40102, "token expired", _token),
    Row(40104, 40104, "token empty", _token),
    Row(40105, 40105, "token incorrect or revoked", _token),
    Row(40106, 40106, "token refused", _token),
    Row(40113, 40113, "app forbidden", _permission),
    Row(40117, 40119, "not in the whitelist", Broken(remedies.ALLOW_LIST)),
    Row(40124, 40125, "token refused", _token),
    Row(40130, 40131, "outside the token's scope", _permission),
    Row(40132, 40132, "too many requests for a field's value", _throttle),
    Row(40133, 40133, "too many requests of the advertiser", _throttle),
    Row(40200, 40202, "task or write conflict", Wait()),
    Row(40300, 40302, "advertiser, role or login", _account),
    Row(40309, 40309, "advertiser, role or login", _account),
    Row(40400, 40400, "no such route", _endpoint),
    Row(41000, 41000, "BLOCKED", Broken(remedies.BLOCKED)),
    Row(41001, 41001, "INTERFACE_OFFLINE", _endpoint),
    Row(41002, 41002, "interface offline", _endpoint),
    Row(50000, 59999, "system error", _unknown),
    Row(60001, 60001, "MAINTENANCE", Wait(least_s=60.0)),
    Row(61000, 61000, "TOO_MANY_REQUESTS_BL", _throttle),
    Row(50000, 2**63 - 1, "a later code for a system error", _unknown),
    Row(-(2**63), 49999, "validation", Refused()),
)

# An answer without a code never reached TikTok's own code, or left it broken.
STATUSES = (
    Row(200, 299, "a success that says nothing", _unknown),
    Row(300, 399, "redirect", Broken(remedies.REDIRECT)),
    Row(401, 401, "unauthorized", _token),
    Row(403, 403, "forbidden", _permission),
    Row(404, 404, "not found", _endpoint),
    Row(408, 408, "request timeout", _unknown),
    Row(410, 410, "gone", _endpoint),
    Row(413, 413, "too large", Refused()),
    Row(425, 425, "too early", Wait()),
    Row(429, 429, "too many requests", _throttle),
    Row(400, 499, "refused", Refused()),
    Row(0, 999, "server error", _unknown),
)


def find(rows: tuple[Row, ...], number: int) -> Row:
    """The row that counts for a code or a status."""
    return next((row for row in rows if row.first <= number <= row.last), rows[-1])
