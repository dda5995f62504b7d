"""Decide what to alert of what stopped or changed: each finding once, and once when it is over."""

from collections.abc import Mapping

from operations.alerts.drift.finding import Finding
from operations.alerts.drift.judge import Watch
from operations.alerts.drift.words import found_notice, over_notice
from operations.alerts.rules import Notice


def drift_news(alerted: dict[str, Finding], watches: Mapping[str, Watch], now_ms: int) -> list[Notice]:
    """Return the alerts that are due, and update `alerted`, by connection and finding.

    What was accepted after a week, was muted, or belongs to a connection that is disabled is over without an alert.
    """
    notices = []
    lasting = set()
    for connection, watch in watches.items():
        for finding in watch.findings:
            key = f"{connection}\t{finding.id}"
            lasting.add(key)
            if key not in alerted:
                notices.append(found_notice(finding, connection, now_ms))
            alerted[key] = finding
    for key in alerted.keys() - lasting:
        connection, finding = key.split("\t", 1)[0], alerted.pop(key)
        if connection in watches and finding.id in watches[connection].recovered:
            notices.append(over_notice(finding, connection, now_ms))
    return notices
