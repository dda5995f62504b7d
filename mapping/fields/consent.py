"""What a user agreed to: mParticle's `consent_state` and the answer to Apple's question about tracking (X1–X3, E10)."""

from typing import cast

import msgspec

from mapping.fields.normalise import advertising_id
from mapping.fields.rules import Rule, hashed
from mapping.incoming.kinds import Leaf, word
from mapping.results import OmitField, RejectEvent
from mapping.values import is_blank, truth

_decode = msgspec.json.Decoder().decode
_idfa = hashed(advertising_id)

_NO = frozenset({"denied", "restricted"})
_ANSWERS = {answer: answer.upper() for answer in ("authorized", "denied", "not_determined", "restricted")}
_TRACKING_LIMITED = OmitField("the device limits ad tracking (limit_ad_tracking)")
_LIMIT_UNREADABLE = OmitField("limit_ad_tracking must be true or false; relay takes any other answer for true")
_NO_OPT_OUT = OmitField("must be true or false, so nobody can say whether the user opted out")
_TRACKING_REFUSED = OmitField("the user refused tracking (att_authorization_status), and att_withholds_idfa is on")
_NO_ANSWER = OmitField("not one of authorized, denied, not_determined and restricted")


def consents_to(purpose: str, consent_state: msgspec.Raw) -> bool:
    """Whether the user consented to a GDPR purpose, given casefolded; no answer that can be read is no consent (X2)."""
    answers = [
        _member(consent, "consented")
        for name, consent in _members(_member(_read(consent_state), "gdpr"))
        if name.strip().casefold() == purpose
    ]
    return bool(answers) and all(truth(answer) is True for answer in answers)


def opt_out(consent_state: msgspec.Raw) -> Leaf:
    """CCPA's `data_sale_opt_out.consented`, None where there is none (X1); what no answer can be read from is itself.

    The answer may stand in the place of `data_sale_opt_out` too.
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
    """X1: true when the user opted out of the sale of their data, else nothing; an answer in no known words is said."""
    answer = truth(consented)
    return _NO_OPT_OUT if isinstance(answer, RejectEvent) else answer or None


def unless_limited(rule: Rule) -> Rule:
    """Return the rule of an advertising id: as `rule`, unless the device limits ad tracking, always."""

    def apply(value: object) -> object:
        """E10, of an id, or of a pair: the id, and what the device says of tracking."""
        if type(value) is not tuple:
            return rule(value)
        found, limit = value
        return rule(found) if _is_absent(found) else _refusal(limit) or rule(found)

    return apply


def _refusal(limit: object) -> OmitField | None:
    match truth(limit):
        case True:
            return _TRACKING_LIMITED
        case None | False:
            return None
        case _:
            return _LIMIT_UNREADABLE


def permitted_idfa(asked: object) -> object:
    """X3, of three: the IDFA, the user's answer and the device's. Hashed, unless one of them forbids it."""
    value, answer, limit = cast("tuple[object, object, object]", asked)
    if _is_absent(value):
        return None
    return _TRACKING_REFUSED if word(answer) in _NO else _refusal(limit) or _idfa(value)


def att_status(answer: object) -> str | OmitField | None:
    """X3: the user's answer in TikTok's word for it."""
    said = word(answer) if answer != "" else None
    return None if said is None else _ANSWERS.get(said, _NO_ANSWER)


def _read(consent_state: msgspec.Raw) -> Leaf:
    try:
        return _decode(consent_state)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _read_or_raw(consent_state: msgspec.Raw) -> Leaf:
    """The decoded value; where it cannot be decoded, a list, which no answer can be read from."""
    try:
        return _decode(consent_state)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [None]


def _holds_nothing(value: Leaf) -> bool:
    return value in (None, [], {}) or is_blank(value)


def _is_absent(value: object) -> bool:
    return value is None or is_blank(value)


def _members(value: Leaf) -> list[tuple[str, Leaf]]:
    return list(value.items()) if isinstance(value, dict) else []


def _member(value: Leaf, name: str) -> Leaf:
    return value.get(name) if isinstance(value, dict) else None
