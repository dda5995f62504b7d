"""Monitoring names only what exists: metrics of the catalogue, headings of the runbook."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from config.dead_letter_reasons import CONFIGURES, CONFIGURES_SENDERS, OPERATOR, SENDER
from config.settings import Settings
from lanes.ledger import ConnectionReading
from lanes.receipts.archive import ArchiveKept
from operations.alerts.catalogue import ALERTS, ONLY_WEBHOOK, Alert
from operations.alerts.drift.finding import DETECTORS, Finding
from operations.alerts.drift.words import found_notice
from operations.alerts.messages import (
    AlertContext,
    archive_again,
    archive_failing,
    build_notice,
    clocks_agree,
    clocks_disagree,
    durability_again,
    durability_low,
    misdirected,
    redis_again,
    redis_trouble,
)
from operations.alerts.rules import Kind, Notice
from operations.alerts.sources import source_faults
from operations.archive.reach import ArchiveStatus
from operations.metrics.catalogue import CATALOGUE
from operations.status.connections import ConnectionStatus, State
from operations.status.sources import SourceStatus
from store.clocks import Clocks
from store.errors import Trouble
from store.replication.durability import Durability, ServerDisk

ROOT = Path(__file__).parents[2]
RULES: list[dict[str, Any]] = YAML(typ="safe").load(ROOT / "deploy/prometheus-rules.yaml")["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
METRICS = {row.name: row for row in CATALOGUE}
QUERIES = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]
SCALING = "".join(
    re.findall(
        r"query: >-\n(.*?)^```", (ROOT / "docs/production.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
)
QUERIES.append(SCALING)
HEADINGS = {
    re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
    for heading in re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
}


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_query_names_existing_metrics_and_labels(query: str) -> None:
    """Each with its own labels, `le` and the parts of a histogram included."""
    found = re.findall(r"(relay_\w+)(?:\{([^}]*)\})?", query)
    assert found
    for name, matchers in found:
        row = METRICS.get(name) or METRICS[re.sub(r"_(bucket|sum|count)$", "", name)]
        assert row.kind == "histogram" or name in METRICS
        assert set(re.findall(r"(\w+)\s*[!=]", matchers)) <= {*row.labels, "cell"}
    allowed = {label for name, _ in found for label in METRICS[re.sub(r"_(bucket|sum|count)$", "", name)].labels}
    for grouped in re.findall(r"\b(?:by|on) \(([^)]*)\)", query):
        assert set(re.split(r",\s*", grouped)) <= {*allowed, "le", "cell"}


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_query_is_right_for_several_cells(query: str) -> None:
    """Each metric is first the maximum of a cell's ingests; what compares two of them compares within a cell."""
    metric = r"(?:(?:rate|increase|max_over_time)\()?relay_"
    if "absent(" not in query:
        assert len(re.findall(rf"\bmax by \(cell\b[^)]*\) \({metric}", query)) == len(re.findall(metric, query))
    assert all(grouped.startswith("cell") for grouped in re.findall(r"\bon \(([^)]*)\)", query))


COUNTS = re.compile(r"relay_\w+_total|relay_events_waiting|relay_dead_letters\b|_(?:bucket|sum|count)\b")


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_a_panel_sums_counts_over_cells(panel: dict[str, Any]) -> None:
    """And lets one or several cells be chosen."""
    for target in panel["targets"]:
        query = target["expr"]
        assert query.count('cell=~"$cell"') == len(re.findall(r"\brelay_", query))
        if COUNTS.search(query):
            assert re.match(r"(histogram_quantile\([\d.]+, )?sum\b", query)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_a_heading_and_a_row_of_the_runbook(rule: dict[str, Any]) -> None:
    """The operator finds it by either."""
    document, _, heading = rule["annotations"]["runbook"].partition("#")
    assert document == "docs/runbook.md"
    assert heading in HEADINGS
    [row] = [line for line in RUNBOOK.splitlines() if re.search(rf"^\|.*\b{rule['alert']}\b", line)]
    assert f"(#{heading})" in row
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in ("warning", "critical")


def test_the_runbooks_table_has_only_existing_alerts() -> None:
    """And each once."""
    named = re.findall(r"\bRelay[A-Z]\w+", "".join(line for line in RUNBOOK.splitlines() if line.startswith("| Relay")))
    assert sorted(named) == sorted(rule["alert"] for rule in RULES)


def test_every_link_within_the_runbook_has_a_target() -> None:
    """A heading of it."""
    assert set(re.findall(r"\]\(#([\w-]+)\)", RUNBOOK)) <= HEADINGS


FINDINGS = [
    Finding("silence", "CompletePayment", 0, 20, events=["CompletePayment"]),
    Finding("match_keys", "phone", 0, 0.5, 1, 100, events=["CompletePayment"]),
    Finding("jumps", "phone", 0, 1, 50, 100, "no country"),
]


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.detector)
def test_what_stopped_or_changed_has_a_rule_and_a_heading_of_its_own(finding: Finding) -> None:
    """The same one from the webhook and from Prometheus."""
    [rule] = [rule for rule in RULES if f'relay_drift{{detector="{finding.detector}"}}' in rule["expr"]]
    assert rule["annotations"]["runbook"] == found_notice(finding, "shop", 0).fields["runbook"]


def test_no_detector_is_missing_here() -> None:
    """Each has its heading."""
    assert {finding.detector for finding in FINDINGS} == set(DETECTORS)
    assert len({found_notice(finding, "shop", 0).fields["runbook"] for finding in FINDINGS}) == len(DETECTORS)


def notices() -> list[Notice]:
    """Return one notice of each kind."""
    ledger = ConnectionReading("shop", {}, {"state": "paused"}, [], 0, {}, {})
    status = ConnectionStatus("shop", "paused", ledger, None, None, None, None)
    trouble, clocks = Trouble("refused", "Redis refuses", "start it", passes=True), Clocks(0, 90_000)
    durability = Durability("disk", 1, ServerDisk("primary", always=True))
    archive = ArchiveStatus("s3://bucket", ArchiveKept(5, 5, 5, 5, 5, 5, 5, 5, 5, "no bucket"))
    sources = [SourceStatus("q", "unavailable", 1, {}, dead_lettered_in_a_row=9), SourceStatus("q", "taking", 1, {})]
    return [
        *(build_notice(kind, status, AlertContext(0)) for kind in get_args(Kind)),
        *(redis_trouble(trouble, 0), redis_again(0), misdirected(3, 0), clocks_disagree(clocks), clocks_agree(clocks)),
        *(durability_low(durability, 0), durability_again(durability, 0)),
        durability_low(Durability("disk", 0, ServerDisk("primary", always=True)), 0),
        *(archive_failing(archive, 0), archive_again(archive, 0)),
        *(found_notice(finding, "shop", 0) for finding in FINDINGS),
        *(fault.notice for source in sources for fault in source_faults([source], 0)),
    ]


@pytest.mark.parametrize("notice", notices(), ids=lambda notice: notice.fields["alert"])
def test_a_notice_names_its_heading_in_the_runbook_and_who_must_act(notice: Notice) -> None:
    """The runbook's table has it too, and `who` is a person whom the catalogue of reasons names."""
    heading = str(notice.fields["runbook"]).partition("#")[2]
    assert heading in HEADINGS
    assert [line for line in RUNBOOK.splitlines() if f"`{notice.fields['alert']}`" in line and f"(#{heading})" in line]
    assert notice.fields.get("who", "") in ("", SENDER, CONFIGURES, CONFIGURES_SENDERS, OPERATOR)


SHARED = [(alert, row) for alert, rows in ALERTS.items() for row in rows]


@pytest.mark.parametrize(("alert", "row"), SHARED, ids=lambda value: value if isinstance(value, str) else value.rule)
def test_webhook_and_prometheus_alert_after_the_same_time_in_the_same_words(alert: str, row: Alert) -> None:
    """And at the same bound, so that an operator who has both gets one thing twice, and not two."""
    [rule] = [rule for rule in RULES if rule["alert"] == row.rule]
    minutes, seconds = divmod(row.lasts_s, 60)
    assert seconds == 0
    assert rule.get("for", "0m") == f"{minutes}m"
    assert rule["expr"].strip().endswith(row.bound)
    texts = [notice.text for notice in notices() if notice.fields["alert"] == alert]
    assert any(row.words.casefold() in text.casefold() for text in texts), texts
    assert row.words.casefold() in rule["annotations"]["summary"].casefold()
    heading = {str(notice.fields["runbook"]) for notice in notices() if notice.fields["alert"] == alert}
    assert heading == {rule["annotations"]["runbook"]}


def test_every_alert_of_the_webhook_has_its_rule_or_a_reason_why_not() -> None:
    """Except the end of another."""
    sent = {str(notice.fields["alert"]) for notice in notices()}
    ends = {alert for alert in sent if alert.endswith(("again", "agree", "resumed"))} - {"clocks_disagree"}
    assert sent - ends == {*ALERTS, *ONLY_WEBHOOK}


def test_the_bound_of_dead_letters_is_the_default_of_the_setting() -> None:
    """The webhook's can be set; the rule is edited."""
    assert ALERTS["dead_letters"][0].bound == f">= {Settings.model_fields['alert_dead_letters_per_hour'].default}"


def test_every_state_has_a_heading() -> None:
    """Except the healthy one."""
    assert {state.replace("_", "-") for state in get_args(State)} - HEADINGS == {"healthy"}


def test_settings_named_in_the_documents_are_settings() -> None:
    """RELAY_… in runbook, metrics and production."""
    named = {
        name
        for file in ("runbook", "metrics", "production")
        for name in re.findall(r"RELAY_[A-Z_]+[A-Z]", (ROOT / f"docs/{file}.md").read_text())
    }
    assert {name.removeprefix("RELAY_").lower() for name in named} <= set(Settings.model_fields)


def test_panels_do_not_overlap() -> None:
    """Within Grafana's 24 columns."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus's own tool is not installed")
def test_the_rules_are_rules_and_fire_when_they_should() -> None:
    """On made-up series, with one ingest scraped and with two."""
    for words in (["check", "rules", "prometheus-rules.yaml"], ["test", "rules", "prometheus-rules.test.yaml"]):
        result = subprocess.run(["promtool", *words], cwd=ROOT / "deploy", capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
