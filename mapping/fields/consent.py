"""Read the user's consent: mParticle's `consent_state` and the answer to Apple's tracking question (X1–X3, E10)."""

import re
from typing import cast

import msgspec

from config.conditions.comparison import fold
from config.model import Connection
from mapping.fields.normalise import advertising_id
from mapping.fields.placeholders import is_placeholder
from mapping.fields.rules import PerConnection, Rule, hashed, identifier
from mapping.incoming.kinds import Leaf, word
from mapping.results import OmitField, RejectEvent
from mapping.values import is_blank, text, truth

_decode = msgspec.json.Decoder().decode

_FIRST_IOS_WITH_ATT = 14
_VERSION = re.compile(r"\s*(\d{1,4})(?:\.|\s|$)", re.ASCII).match

_NO = frozenset({"denied", "restricted"})
_ANSWERS = frozenset({"authorized", "denied", "not_determined", "restricted", "not_applicable"})
_TRACKING_LIMITED = OmitField("the device limits ad tracking (limit_ad_tracking)")
_LIMIT_UNREADABLE = OmitField("limit_ad_tracking must be true or false; relay takes any other answer for true")
_NO_CONSENT = OmitField("must be true or false; relay cannot tell whether the user consented")
_NO_OPT_OUT = OmitField("must be true or false; relay cannot tell whether the user opted out")
_NO_ANSWER = OmitField("not one of authorized, denied, not_determined, restricted and not_applicable")
_TRACKING_REFUSED = OmitField("the user refused tracking (att_authorization_status), and att_withholds_idfa is on")


def consents_to(purpose: str, consent_state: msgspec.Raw) -> bool:
    """Return whether the user consented to a GDPR purpose, given casefolded; unreadable means no (X2)."""
    answers = [
        _member(consent, "consented")
        for name, consent in _members(_member(_read(consent_state), "gdpr"))
        if fold(name) == purpose
    ]
    return bool(answers) and all(truth(answer) is True for answer in answers)


def given_consent(purpose: str, consent_state: msgspec.Raw) -> bool | OmitField | None:
    """Return the user's answer to a GDPR purpose, given casefolded: OmitField for one that cannot be read.

    None without an answer to this purpose. Of several answers, each must be true.
    """
    found: Leaf = _read_or_raw(consent_state)
    found = found.get("gdpr") if isinstance(found, dict) else found
    if _holds_nothing(found):
        return None
    if not isinstance(found, dict):
        return _NO_CONSENT
    named = [consent for name, consent in found.items() if fold(name) == purpose]
    answers = [truth(_member(consent, "consented")) for consent in named]
    if not all(isinstance(answer, bool) for answer in answers):
        return _NO_CONSENT
    return all(answers) if answers else None


def opted_out(consent_state: msgspec.Raw) -> bool | OmitField | None:
    """Return whether the user opted out of the sale of their data (CCPA); OmitField for an unreadable answer."""
    answer = truth(opt_out(consent_state))
    return _NO_OPT_OUT if isinstance(answer, RejectEvent) else answer


def limits_tracking(limit: object, answer: object) -> bool | OmitField | None:
    """Return whether the device limits tracking, by `limit_ad_tracking` or by the answer to Apple's question."""
    limited_by_device = truth(limit)
    if limited_by_device is True or word(answer) in _NO:
        return True
    if isinstance(limited_by_device, RejectEvent):
        return _LIMIT_UNREADABLE
    return False if word(answer) == "authorized" else limited_by_device


def opt_out(consent_state: msgspec.Raw) -> Leaf:
    """Return CCPA's `data_sale_opt_out.consented` (X1): None where it is absent, an unreadable answer unchanged.

    The answer may also be the value of `data_sale_opt_out` itself.
    """
    found: Leaf = _read_or_raw(consent_state)
    for name in ("ccpa", "data_sale_opt_out", "consented"):
        if _holds_nothing(found):
            return None
        if not isinstance(found, dict):
            return found if name == "consented" else [found]
        found = found.get(name)
    return found


def limited(consented: object) -> object:
    """X1: return True when the user opted out of the sale of their data, else None; an unknown answer gives a note."""
    answer = truth(consented)
    return _NO_OPT_OUT if isinstance(answer, RejectEvent) else answer or None


def unless_limited(rule: Rule) -> Rule:
    """Return the rule of an advertising id: as `rule`, but omitted where the device limits ad tracking."""

    def apply(value: object) -> object:
        """E10: takes an id, or a pair of the id and `limit_ad_tracking`."""
        if type(value) is not tuple:
            return rule(value)
        found, limit = value
        return rule(found) if is_absent(found) else why_limited(limit) or rule(found)

    return apply


def why_limited(limit: object) -> OmitField | None:
    """Return why an id of the device is omitted, from `limit_ad_tracking`; None where nothing forbids it."""
    match truth(limit):
        case True:
            return _TRACKING_LIMITED
        case None | False:
            return None
        case _:
            return _LIMIT_UNREADABLE


def permitted_idfa(idfa_and_answers: object) -> object:
    """X3: takes IDFA, the user's answer and `limit_ad_tracking`; returns the hash unless one of them forbids it."""
    value, answer, limit = cast("tuple[object, object, object]", idfa_and_answers)
    if is_absent(value):
        return None
    return _TRACKING_REFUSED if refuses_tracking(answer) else why_limited(limit) or _idfa(value)


def refuses_tracking(answer: object) -> bool:
    """Return whether the user's answer to Apple's tracking question is no."""
    return word(answer) in _NO


def _permitted_idfv(connection: Connection) -> Rule:
    withholds = connection.att_withholds_idfa

    def apply(idfv_and_answers: object) -> object:
        """A2: takes IDFV, the user's answer and `limit_ad_tracking`; returns the id unless one of them forbids it."""
        value, answer, limit = cast("tuple[object, object, object]", idfv_and_answers)
        if is_absent(value):
            return None
        if withholds and refuses_tracking(answer):
            return _TRACKING_REFUSED
        return why_limited(limit) or identifier(value)

    return apply


_idfa = hashed(advertising_id)
advertising_id_hash = unless_limited(_idfa)
permitted_idfv = PerConnection(_permitted_idfv)


def att_status(answer_and_device: object) -> object:
    """A3, X3: takes the user's answer, the operating system and its version; returns TikTok's word for the answer.

    Android and iOS before 14 have no such question: `NOT_APPLICABLE`, unless the sender gives an answer.
    """
    answer, os, version = cast("tuple[object, str, object]", answer_and_device)
    found = word(answer)
    if found in _ANSWERS:
        return found.upper()
    if isinstance(answer, str) and (not found or is_placeholder(found)):
        answer = None
    if answer is not None:
        return _NO_ANSWER
    return "NOT_APPLICABLE" if os == "android" or (os == "ios" and _is_before_att(version)) else None


def _is_before_att(version: object) -> bool:
    written = text(version)
    major = _VERSION(written) if isinstance(written, str) else None
    return major is not None and int(major[1]) < _FIRST_IOS_WITH_ATT


def _read(consent_state: msgspec.Raw) -> Leaf:
    try:
        return _decode(consent_state)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _read_or_raw(consent_state: msgspec.Raw) -> Leaf:
    """Return the decoded value; a list where decoding fails, because no answer is readable from a list."""
    try:
        return _decode(consent_state)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [None]


def _holds_nothing(value: Leaf) -> bool:
    return value in (None, [], {}) or is_blank(value)


def is_absent(value: object) -> bool:
    """Return whether there is no value: null or blank."""
    return value is None or is_blank(value)


def _members(value: Leaf) -> list[tuple[str, Leaf]]:
    return list(value.items()) if isinstance(value, dict) else []


def _member(value: Leaf, name: str) -> Leaf:
    return value.get(name) if isinstance(value, dict) else None
