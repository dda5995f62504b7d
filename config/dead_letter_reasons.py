"""Every reason for which an event becomes a dead letter, and what to do about it: the one catalogue.

Mapping and delivery name a reason by its constant here; `docs/dead-letters.md` shows the same table.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Stage = Literal["mapping", "delivery", ""]


class DeadLetterReason(NamedTuple):
    """One reason. `sentence` says what is wrong, `remedy` what to do, `who` names the person who does it.

    `code` stands in dead letters, commands, metrics and logs. `stage` is "" where no event was looked at.
    """

    code: str
    stage: Stage
    sentence: str
    remedy: str
    who: str


SENDER: Final = "the developer of the website, app or server that sends the event"
CONFIGURES_SENDERS: Final = "the person who configures the senders"
CONFIGURES: Final = "the person who configures this connection"
OPERATOR: Final = "the operator of this relay"

INVALID_BATCH: Final = DeadLetterReason(
    "invalid_batch",
    "mapping",
    "An element of a request is not an mParticle batch.",
    "Correct what sends the request. Correct the stored element with `relay dead-letters edit`, or discard it.",
    SENDER,
)
INVALID_URL: Final = DeadLetterReason(
    "invalid_url",
    "mapping",
    "The page's address does not start with `http://` or `https://` and a host.",
    "Set the custom flag `TikTok.URL` to the page's full address. Correct the dead letters with "
    "`relay dead-letters edit`, then replay them.",
    SENDER,
)
MISSING_URL: Final = DeadLetterReason(
    "missing_url",
    "mapping",
    "A web event has no page address, which TikTok requires.",
    "Set the custom flag `TikTok.URL`, or let `page_url_fallback` use mParticle's `page_url`. Then replay.",
    SENDER,
)
INVALID_TTCLID: Final = DeadLetterReason(
    "invalid_ttclid",
    "mapping",
    "The click id is not one of TikTok's: those start with `E.C.P.`.",
    "Omit the custom flag `TikTok.Callback` where there is no click id, or set `invalid_ttclid: drop_field`. "
    "Then replay.",
    SENDER,
)
MISSING_LEAD_ID: Final = DeadLetterReason(
    "missing_lead_id",
    "mapping",
    "A CRM event does not say which TikTok lead it is about, which TikTok requires.",
    "Send the lead's id as the event or user attribute `lead_id`, or name another with `lead_id_attribute`. "
    "Then replay.",
    SENDER,
)
MISSING_PARAMETER: Final = DeadLetterReason(
    "missing_parameter",
    "mapping",
    "A parameter that a custom mapping requires has no value in the event.",
    "Send the value, give the parameter a `default`, or set `required: false`. Then replay.",
    CONFIGURES,
)
INVALID_VALUE: Final = DeadLetterReason(
    "invalid_value",
    "mapping",
    "A field of the event has a value of the wrong form; the message names the form.",
    "Correct the value where it is sent. Correct the dead letters with `relay dead-letters edit`, then replay them.",
    SENDER,
)
TOO_OLD: Final = DeadLetterReason(
    "too_old",
    "mapping",
    "The event happened longer ago than `max_event_age` of the connection allows.",
    "Raise `max_event_age` and replay, or discard the dead letters.",
    CONFIGURES,
)
EXPIRED: Final = DeadLetterReason(
    "expired",
    "mapping",
    "TikTok did not confirm the event within 47 hours of the first attempt. It may have it, and would count it twice.",
    "Look for the event id in TikTok's Events Manager. Replay what is missing there; discard the rest.",
    OPERATOR,
)
REJECTED_BY_TIKTOK: Final = DeadLetterReason(
    "rejected_by_tiktok",
    "delivery",
    "TikTok refused the event; the message is TikTok's own.",
    "Correct the value that TikTok names: where it is sent, in a custom mapping, or with `relay dead-letters edit`. "
    "Then replay.",
    SENDER,
)
INTERNAL_ERROR: Final = DeadLetterReason(
    "internal_error",
    "mapping",
    "relay failed on the event, or did not finish it in five claims that held only this event.",
    "Keep the dead letter and report the defect. Replay after an update that corrects it.",
    OPERATOR,
)
UNREADABLE: Final = DeadLetterReason(
    "unreadable",
    "",
    "The stored dead letter is damaged, or a newer version of relay wrote it.",
    "Read it with the newer version, or discard it.",
    OPERATOR,
)

REASONS: Final[Mapping[str, DeadLetterReason]] = {
    reason.code: reason
    for reason in (
        *(INVALID_BATCH, INVALID_URL, MISSING_URL, INVALID_TTCLID, MISSING_LEAD_ID, MISSING_PARAMETER),
        *(INVALID_VALUE, TOO_OLD, EXPIRED, REJECTED_BY_TIKTOK, INTERNAL_ERROR, UNREADABLE),
    )
}
"""Every reason by its code."""
