"""Say what stopped or changed: the facts, then who must do what, then the command."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from config.dead_letter_reasons import CONFIGURES, CONFIGURES_SENDERS
from delivery.dead_letter import rfc3339
from mapping.match_keys import MATCH_KEYS
from operations.alerts.drift.finding import Finding
from operations.alerts.drift.history import EVERY_EVENT
from operations.alerts.drift.judge import Watch
from operations.alerts.messages import RUNBOOK
from operations.alerts.rules import Notice
from operations.format import plural


class Words(NamedTuple):
    """An alert's words; `over` is said when it is over."""

    fact: str
    over: str
    who: str
    what_to_do: str
    command: str
    heading: str


def words_of(finding: Finding, connection: str) -> Words:
    """Return the words of a finding."""
    match finding.detector:
        case "silence":
            return _silence(finding)
        case "match_keys":
            return _match_key(finding)
        case "jumps":
            return _jump(finding, connection)


def found_notice(finding: Finding, connection: str, now_ms: int) -> Notice:
    """Return the alert that something stopped or changed."""
    words = words_of(finding, connection)
    to_do = f"To do, {words.who}: {words.what_to_do}"
    runbook = f"{RUNBOOK}#{words.heading}"
    text = "\n".join([f"relay: {connection}: {words.fact}", to_do, f"`{words.command}` · {runbook}"])
    about = {"who": words.who, "what_to_do": words.what_to_do, "command": words.command, "runbook": runbook}
    facts = _fields(finding, connection, words.fact, now_ms)
    return Notice(text, {"alert": f"drift_{finding.detector}", **facts, **about})


def over_notice(finding: Finding, connection: str, now_ms: int) -> Notice:
    """Return the alert that it is over."""
    words = words_of(finding, connection)
    text = f"relay: {connection}: {words.over} · {RUNBOOK}#{words.heading}"
    return Notice(text, {"alert": "drift_over", **_fields(finding, connection, words.over, now_ms)})


def as_object(finding: Finding, connection: str) -> dict[str, Any]:
    """Return the finding as `relay status --json` shows it."""
    words = words_of(finding, connection)
    return {
        "connection": connection,
        "detector": finding.detector,
        "subject": finding.subject or finding.reason,
        "tiktok_events": finding.events,
        "since": rfc3339(finding.since_ms),
        "fact": words.fact,
        "who": words.who,
        "what_to_do": words.what_to_do,
    }


def describe_drift(watches: Mapping[str, Watch]) -> list[str]:
    """Return a line for each thing that stopped or changed."""
    return [_line(finding, connection) for connection, watch in watches.items() for finding in watch.findings]


def _line(finding: Finding, connection: str) -> str:
    words = words_of(finding, connection)
    return f"{connection}: {words.fact} {words.who}: {words.what_to_do}."


def _fields(finding: Finding, connection: str, fact: str, now_ms: int) -> dict[str, str | int]:
    subject = finding.subject or finding.reason
    since = rfc3339(finding.since_ms)
    return {"connection": connection, "subject": subject, "at": rfc3339(now_ms), "since": since, "fact": fact}


def _silence(finding: Finding) -> Words:
    everything = finding.subject == EVERY_EVENT
    name = "event" if everything else finding.subject
    came = f"only {finding.seen:,} came" if finding.seen else "none came"
    usual = f"usually at least {finding.usual:,.0f} come in an hour at this time of the week"
    return Words(
        f"{'events have' if everything else name + ' has'} stopped since about {_time(finding)}: {came}, {usual}.",
        f"{'events come' if everything else name + ' comes'} again.",
        CONFIGURES_SENDERS,
        "see whether the site or app still sends it. If it does, relay status --days 2 shows whether a rule withholds "
        "it or no mapping takes it. If it ended on purpose, add it to drift_muted",
        "relay status --days 2",
        "silence",
    )


def _match_key(finding: Finding) -> Words:
    name = _name(finding.subject)
    share = f"{finding.seen / finding.of:.0%} of {plural(finding.of, 'event')}"
    return Words(
        f"{name}: {share} carried it since about {_time(finding)}, usually {finding.usual:.0%} do. {_events(finding)}.",
        f"{name} is carried again as usual. {_events(finding)}.",
        CONFIGURES_SENDERS,
        "compare a batch of today with an older one (relay preview): is the value still sent, and in the same place? "
        "relay status --match-keys shows whether relay omits it, and why",
        "relay status --match-keys",
        "match-keys-fell",
    )


def _jump(finding: Finding, connection: str) -> Words:
    """Return the words of a jump, of dead letters or of omissions."""
    since, of = _time(finding), f"of {plural(finding.of, 'event')}"
    if not finding.subject:
        return Words(
            f"{plural(finding.seen, 'dead letter')} with {finding.reason} {of} since about {since}, usually at most "
            f"{finding.usual:,.0f}. {_events(finding)}.",
            f"dead letters with {finding.reason} are as few as usual again.",
            CONFIGURES,
            "see what they have in common, correct the configuration or the source, then replay them",
            f"relay dead-letters list --connection {connection} --reason {finding.reason}",
            "jumps",
        )
    name = _name(finding.subject)
    return Words(
        f"{name} was omitted from {finding.seen:,} {of} since about {since}, usually from at most "
        f"{finding.usual:,.0f}: {finding.reason}. {_events(finding)}.",
        f"{name} is omitted as rarely as usual again: {finding.reason}.",
        CONFIGURES_SENDERS,
        "correct the value where it is sent, or the setting that the reason names",
        "relay status --match-keys",
        "jumps",
    )


def _name(code: str) -> str:
    return next((key.name for key in MATCH_KEYS if key.code == code), code)


def _events(finding: Finding) -> str:
    return "TikTok events: " + ", ".join(event or "unreadable ones" for event in finding.events[:10])


def _time(finding: Finding) -> str:
    return rfc3339(finding.since_ms)[:16].replace("T", " ") + " UTC"
