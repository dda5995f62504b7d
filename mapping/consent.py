"""What a user agreed to: mParticle's `consent_state` and the answer to Apple's question about tracking (X1–X3)."""

from typing import cast

import msgspec

from mapping.kinds import Leaf, word
from mapping.normalise import advertising_id
from mapping.remarks import LeftOut
from mapping.rules import hashed
from mapping.values import truth

_decode = msgspec.json.Decoder().decode
_idfa = hashed(advertising_id)

_NO = frozenset({"denied", "restricted"})
_ANSWERS = {answer: answer.upper() for answer in ("authorized", "denied", "not_determined", "restricted")}
_TRACKING_REFUSED = LeftOut("the user refused tracking (att_authorization_status), and att_withholds_idfa is on")
_NO_ANSWER = LeftOut("not one of authorized, denied, not_determined and restricted")


def consents_to(purpose: str, consent_state: msgspec.Raw) -> bool:
    """Whether the user consented to a GDPR purpose, given casefolded; no answer that can be read is no consent (X2)."""
    answers = [
        _member(consent, "consented")
        for name, consent in _members(_member(_read(consent_state), "gdpr"))
        if name.strip().casefold() == purpose
    ]
    return bool(answers) and all(truth(answer) is True for answer in answers)


def opt_out(consent_state: msgspec.Raw) -> Leaf:
    """CCPA's `data_sale_opt_out.consented`, None where there is none (X1)."""
    return _member(_member(_member(_read(consent_state), "ccpa"), "data_sale_opt_out"), "consented")


def limited(consented: object) -> object:
    """X1: true when the user opted out of the sale of their data, else nothing."""
    return truth(consented) is True or None


def permitted_idfa(asked: object) -> object:
    """X3, of a pair: the IDFA and the user's answer. Hashed, unless the answer forbids it."""
    value, answer = cast("tuple[object, object]", asked)
    if value is None or value == "":
        return None
    return _TRACKING_REFUSED if word(answer) in _NO else _idfa(value)


def att_status(answer: object) -> str | LeftOut | None:
    """X3: the user's answer in TikTok's word for it."""
    said = word(answer) if answer != "" else None
    return None if said is None else _ANSWERS.get(said, _NO_ANSWER)


def _read(consent_state: msgspec.Raw) -> Leaf:
    try:
        return _decode(consent_state)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _members(value: Leaf) -> list[tuple[str, Leaf]]:
    return list(value.items()) if isinstance(value, dict) else []


def _member(value: Leaf, name: str) -> Leaf:
    return value.get(name) if isinstance(value, dict) else None
