"""Write alerts: first the facts, then who must do what, then the command to run."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from config.dead_letter_reasons import CONFIGURES, CONFIGURES_SENDERS, OPERATOR
from delivery.dead_letter import rfc3339
from operations.alerts.rules import Kind, Notice
from operations.archive.reach import ArchiveStatus
from operations.dead_letters.retention import share_full_remedy
from operations.format import duration, plural, size
from operations.status.connections import ConnectionStatus
from store.clocks import Clocks
from store.errors import Trouble
from store.replication.durability import Durability

RUNBOOK: Final = "docs/runbook.md"


class AlertContext(NamedTuple):
    """The facts of an alert beside the status. `former_s`: how long the state of the previous alert lasted."""

    now_ms: int
    former_s: float = 0.0
    new_dead_letters: int = 0
    limit: int = 0
    share: int = 0


class _Message(NamedTuple):
    fact: str
    who: str
    what_to_do: str
    command: str
    heading: str


def build_notice(kind: Kind, status: ConnectionStatus, news: AlertContext) -> Notice:
    """Return the alert. It never quotes TikTok's message: an error is named by its code and its meaning."""
    words = _KINDS[kind](status, news)
    to_do = [f"To do, {words.who}: {words.what_to_do}"] if words.what_to_do else []
    look = f"`{words.command}` · {RUNBOOK}#{words.heading}"
    return Notice(
        "\n".join([f"relay: {status.id} {words.fact}", *to_do, look]),
        {
            "alert": kind,
            "connection": status.id,
            "at": rfc3339(news.now_ms),
            "state": status.state,
            "waiting": status.reading.waiting,
            "dead_letters": status.reading.dead_letters,
            "fact": words.fact,
            "who": words.who,
            "what_to_do": words.what_to_do,
            "command": words.command,
            "runbook": f"{RUNBOOK}#{words.heading}",
        },
    )


def test_notice(now_ms: int) -> Notice:
    """Return the test alert of `relay check --alert`."""
    text = "relay: this is a test, sent by relay check --alert. Alerts about connections will appear here."
    return Notice(text, {"alert": "test", "at": rfc3339(now_ms)})


def redis_trouble(trouble: Trouble, now_ms: int) -> Notice:
    """Return the alert that Redis cannot be used; each worker sends it."""
    return _redis("redis_trouble", f"{trouble.problem}. Nothing is lost, and nothing is delivered", trouble, now_ms)


def redis_again(now_ms: int) -> Notice:
    """Return the alert that Redis can be used again."""
    return _redis("redis_again", "Redis can be used again, and events are delivered", None, now_ms)


def durability_low(found: Durability, now_ms: int) -> Notice:
    """Return the alert that a 202 means too little, or that replicas are missing."""
    if found.has_replicas:
        fact = f"a 202 means only {found.meaning}, and RELAY_DURABILITY asks for more"
    else:
        fact = f"{len(found.following)} of {found.replicas} replicas of Redis follow: requests are answered 503"
    return _checked("durability_low", fact, "bring the replicas back, or correct their settings", now_ms, "durability")


def durability_again(found: Durability, now_ms: int) -> Notice:
    """Return the alert that all is well again."""
    return _checked("durability_again", f"a 202 means {found.meaning} again", "", now_ms, "durability")


def archive_failing(status: ArchiveStatus, now_ms: int) -> Notice:
    """Return the alert that receipts cannot be written to the archive."""
    kept = status.kept
    lost = f", and {plural(kept.lost, 'receipt')} removed unwritten so far" if kept.lost else ""
    fact = f"receipts cannot be archived: {kept.error}; {plural(kept.receipts, 'receipt')} waiting in Redis{lost}"
    what_to_do = "run relay check, then correct the store or its credentials"
    return _checked("archive_failing", fact, what_to_do, now_ms, "archive")


def archive_again(status: ArchiveStatus, now_ms: int) -> Notice:
    """Return the alert that receipts are archived again."""
    return _checked("archive_again", f"receipts are archived again in {status.url}", "", now_ms, "archive")


def _checked(kind: str, fact: str, what_to_do: str, now_ms: int, heading: str) -> Notice:
    """Return an alert about what `relay check` checks, with the runbook's heading."""
    runbook = f"{RUNBOOK}#{heading}"
    to_do = [f"To do, {OPERATOR}: {what_to_do}"] if what_to_do else []
    text = "\n".join([f"relay: {fact}", *to_do, f"`relay check` · {runbook}"])
    fields: dict[str, str | int] = {"alert": kind, "at": rfc3339(now_ms), "fact": fact}
    who: dict[str, str | int] = {"who": OPERATOR, "what_to_do": what_to_do} if what_to_do else {}
    return Notice(text, {**fields, **who, "command": "relay check", "runbook": runbook})


def misdirected(count: int, now_ms: int) -> Notice:
    """Return the alert that batches are sent to paths that are not served."""
    fact = (
        f"ingest answered 404 to {plural(count, 'request')} that probably contained batches: the path ends in events, "
        "or the key belongs to an input. None of them was accepted"
    )
    what_to_do = "send batches to /v2/events or /v2/bulkevents; ingest's log names the paths"
    runbook = f"{RUNBOOK}#misdirected"
    who = CONFIGURES_SENDERS
    return Notice(
        f"relay: {fact}.\nTo do, {who}: {what_to_do}\n{runbook}",
        {
            "alert": "misdirected",
            "at": rfc3339(now_ms),
            "requests": count,
            "fact": fact,
            "who": who,
            "what_to_do": what_to_do,
            "runbook": runbook,
        },
    )


def _redis(kind: str, fact: str, trouble: Trouble | None, now_ms: int) -> Notice:
    runbook = f"{RUNBOOK}#redis-away"
    to_do = [f"To do, {OPERATOR}: {trouble.what_to_do}"] if trouble else []
    text = "\n".join([f"relay: {fact}", *to_do, f"`relay check` · {runbook}"])
    fields: dict[str, str | int] = {"alert": kind, "at": rfc3339(now_ms), "fact": fact}
    if trouble:
        fields |= {"reason": trouble.code, "who": OPERATOR, "what_to_do": trouble.what_to_do}
    return Notice(text, {**fields, "command": "relay check", "runbook": runbook})


def _paused(status: ConnectionStatus, _: AlertContext) -> _Message:
    error, what = status.last_error, status.reading.status.get("what", "")
    known = error is not None and error.what_to_do == what
    return _Message(
        f"is paused: {error.error if known and error else 'TikTok refuses it'}. {_kept(status)}",
        error.who if known and error else OPERATOR,
        what or "read relay connections list",
        "relay connections list",
        "paused",
    )


def _circuit_breaker(status: ConnectionStatus, _: AlertContext) -> _Message:
    return _Message(
        f"is paused by the circuit breaker: TikTok refuses all its events. {_kept(status)}",
        CONFIGURES,
        f"read the dead letters, correct the configuration or the source, then relay connections resume {status.id}; "
        "until then relay tries a few events every five minutes",
        f"relay dead-letters count --connection {status.id}",
        "circuit-breaker",
    )


def _paused_by_dead_letters(status: ConnectionStatus, _: AlertContext) -> _Message:
    return _Message(
        f"is paused: its dead letters hold their share of Redis's memory. {_kept(status)}",
        OPERATOR,
        status.reading.status.get("what") or share_full_remedy(status.id),
        f"relay dead-letters count --connection {status.id}",
        "dead-letter-store-full",
    )


def _dead_letters_nearly_full(status: ConnectionStatus, news: AlertContext) -> _Message:
    number = plural(status.reading.dead_letters, "dead letter")
    return _Message(
        f"has {number} of {size(status.dead_letter_bytes)}: over four fifths of the {size(news.share)} "
        "of Redis's memory that they may use. The connection pauses when they use all of it.",
        OPERATOR,
        "correct what they have in common and replay them, or export and discard them, or raise maxmemory",
        f"relay dead-letters count --connection {status.id}",
        "dead-letter-store-full",
    )


def clocks_disagree(clocks: Clocks) -> Notice:
    """Return the alert that Redis's clock and a worker's disagree."""
    apart = duration(abs(clocks.redis_ms - clocks.own_ms) / 1000)
    fact = (
        f"Redis's clock says {rfc3339(clocks.redis_ms)} and a worker's {rfc3339(clocks.own_ms)}: {apart} apart. "
        "Expired dead letters and old days of the ledger are kept until both agree"
    )
    to_do = "set both hosts' clocks by a time service (NTP)"
    return _of_clocks("clocks_disagree", fact, to_do, clocks.own_ms)


def clocks_agree(clocks: Clocks) -> Notice:
    """Return the alert that both clocks agree again."""
    return _of_clocks("clocks_agree", "Redis's clock and the worker's agree again", "", clocks.own_ms)


def _of_clocks(kind: str, fact: str, what_to_do: str, at_ms: int) -> Notice:
    to_do = [f"To do, {OPERATOR}: {what_to_do}"] if what_to_do else []
    text = "\n".join([f"relay: {fact}.", *to_do, f"`relay check` · {RUNBOOK}#clocks"])
    fields: dict[str, str | int] = {
        "alert": kind,
        "at": rfc3339(at_ms),
        "fact": fact,
        "who": OPERATOR,
    }
    return Notice(text, {**fields, "what_to_do": what_to_do, "command": "relay check", "runbook": f"{RUNBOOK}#clocks"})


def _paused_by_operator(status: ConnectionStatus, _: AlertContext) -> _Message:
    return _Message(
        f"was paused by an operator. {_kept(status)}",
        OPERATOR,
        "resume it when it may deliver again; it does not resume automatically",
        f"relay connections resume {status.id}",
        "paused",
    )


def _out_of_reach(status: ConnectionStatus, _: AlertContext) -> _Message:
    error = status.last_error
    known = error is not None and bool(error.what_to_do)
    return _Message(
        f"delivers nothing: {error.error if known and error else 'TikTok cannot be reached'}. {_kept(status)}",
        error.who if known and error else OPERATOR,
        error.what_to_do if known and error else "read relay status",
        "relay check --deep",
        "out-of-reach",
    )


def _resumed(status: ConnectionStatus, news: AlertContext) -> _Message:
    after = f" after {duration(news.former_s)}" if news.former_s else ""
    return _Message(
        f"delivers again{after}. Waiting: {plural(status.reading.waiting, 'event')}.", "", "", "relay status", "paused"
    )


def _dead_letters(status: ConnectionStatus, news: AlertContext) -> _Message:
    most = sorted(status.reading.labels.items(), key=lambda reason: -reason[1])[:5]
    kept = ", ".join(f"{reason} ×{count:,}" for reason, count in most) or "none"
    return _Message(
        f"has {plural(news.new_dead_letters, 'new dead letter')} within an hour (the limit is {news.limit:,}). "
        f"Kept now: {kept}.",
        CONFIGURES,
        "see what they have in common, correct the configuration or the source, then relay dead-letters replay "
        f"--connection {status.id}",
        f"relay dead-letters count --connection {status.id}",
        "dead-letters",
    )


def _kept(status: ConnectionStatus) -> str:
    return f"Nothing is lost: {plural(status.reading.waiting, 'event')} kept."


_KINDS: Final[Mapping[Kind, Callable[[ConnectionStatus, AlertContext], _Message]]] = {
    "paused": _paused,
    "circuit_breaker": _circuit_breaker,
    "paused_by_operator": _paused_by_operator,
    "out_of_reach": _out_of_reach,
    "paused_by_dead_letters": _paused_by_dead_letters,
    "dead_letters_nearly_full": _dead_letters_nearly_full,
    "resumed": _resumed,
    "dead_letters": _dead_letters,
}
