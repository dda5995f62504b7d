"""`relay check`: whether the configuration and Redis are fit to run with, and what to do where they are not."""

import sys
import time
from typing import Literal
from urllib.parse import urlsplit

import click
import msgspec
from pydantic import SecretStr
from rich.text import Text

from cli.check.clocks import findings_of_clocks
from cli.check.dead_letters import findings_of_letters
from cli.check.findings import Finding
from cli.check.phones import findings_of_phones
from cli.check.redis import findings_of_redis
from cli.check.tokens import proofs
from cli.context import LEAST_PASSWORD, configuration_of, redis_url, settings_here
from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, console, print_json, table
from config.errors import ConfigurationError
from config.settings import Settings
from delivery.proxies import certificates, proxy_settings_for
from operations.alerts.messages import test_notice
from operations.alerts.webhook import post
from operations.errors import OperatorError

WAY = "way to TikTok"
STYLES = {"ok": GOOD, "warning": CAREFUL, "wrong": BAD}


@click.command
@click.option(
    "--json", "as_json", is_flag=True, help="Findings as JSON: check, status (ok, warning, wrong), found, remedy."
)
@click.option("--alert", is_flag=True, help="Also send a test to the alert webhook.")
@click.option("--deep", is_flag=True, help="Send each connection's TikTok a test event too, which does not count.")
@click.option(
    "--connection", "chosen", multiple=True, metavar="ID", help="With --deep: only this connection; may be repeated."
)
@click.option("--test-event-code", "code", metavar="CODE", help="With --deep: where the file has no test_event_code.")
def check(*, as_json: bool, alert: bool, deep: bool, chosen: tuple[str, ...], code: str | None) -> None:
    """Say whether the configuration and Redis are fit to run with. Exit code 1 when anything is wrong.

    --deep also proves each connection's token and event source id, with an event for Test events in Events Manager.
    """
    if (chosen or code) and not deep:
        raise click.UsageError("--connection and --test-event-code are for --deep")
    findings = all_findings(alert=alert) + (proofs(chosen, code) if deep else [])
    if as_json:
        print_json([msgspec.structs.asdict(finding) for finding in findings])
    else:
        _show(findings)
    sys.exit(any(finding.status == "wrong" for finding in findings))


def all_findings(*, alert: bool = False) -> list[Finding]:
    """Everything that can be said; what bad settings hide is left out. `alert`: the webhook is tried."""
    try:
        settings = settings_here()
    except ConfigurationError as error:
        return _problems("settings", error)
    return [
        *_findings_of_configuration(settings),
        _encryption(settings.encryption_key),
        _alerts(settings.alert_webhook, alert=alert),
        _console(settings.admin_password),
        *_way_to_tiktok(settings.tiktok_url),
        *_findings_of_server(settings),
        *findings_of_clocks(settings),
        *findings_of_letters(settings),
        *findings_of_phones(settings),
    ]


def _findings_of_configuration(settings: Settings) -> list[Finding]:
    try:
        configuration = configuration_of(settings)
    except ConfigurationError as error:
        return _problems("configuration", error)
    size = f"{settings.config}: inputs {len(configuration.inputs)}, connections {len(configuration.connections)}"
    return [
        Finding("configuration", "ok", size),
        *(Finding("configuration", "warning", warning) for warning in configuration.warnings),
    ]


def _problems(check: str, error: ConfigurationError) -> list[Finding]:
    return [Finding(check, "wrong", str(problem)) for problem in error.problems]


def _encryption(key: SecretStr | None) -> Finding:
    if key is not None:
        return Finding("encryption at rest", "ok", "a key is set")
    remedy = (
        "set RELAY_ENCRYPTION_KEY, the same for every process; relay up makes one for a server that it starts itself"
    )
    return Finding("encryption at rest", "warning", "no key is set: what waits in Redis is readable there", remedy)


def _alerts(webhook: SecretStr | None, *, alert: bool) -> Finding:
    """Whether somebody is told of a pause; of the URL only its host is shown."""
    if webhook is None:
        remedy = "set RELAY_ALERT_WEBHOOK, or alert by /metrics (docs/production.md)"
        status: Literal["ok", "wrong"] = "wrong" if alert else "ok"
        return Finding("alerts", status, "no webhook is set: workers tell nobody of a pause", remedy)
    url = webhook.get_secret_value()
    host = urlsplit(url).hostname
    if not alert:
        return Finding("alerts", "ok", f"a webhook at {host} is set", "relay check --alert sends it a test")
    problem = post(url, test_notice(time.time_ns() // 1_000_000))
    if problem is None:
        return Finding("alerts", "ok", f"{host} took a test")
    return Finding("alerts", "wrong", f"{host} did not take a test: {problem}", "correct RELAY_ALERT_WEBHOOK")


def _way_to_tiktok(url: str) -> list[Finding]:
    """Through which proxy, if any, and whose certificates are trusted; by the reading that workers use."""
    host = urlsplit(url).netloc
    try:
        way = proxy_settings_for(url)
        if url.startswith("https"):
            certificates()
    except ConfigurationError as error:
        return _problems(WAY, error)
    through = f"through the proxy at {way.proxy.place}" if way.proxy else "without a proxy"
    trust = f"; trusted certificates: {way.trust}" if way.trust else ""
    found = Finding(WAY, "ok", f"{host}, {through}{trust}")
    if not way.ignored:
        return [found]
    remedy = "NO_PROXY holds hosts, domains, addresses and networks with commas between them"
    return [found, Finding(WAY, "warning", f"NO_PROXY: ignored: {', '.join(way.ignored)}", remedy)]


def _console(password: SecretStr | None) -> Finding:
    """Whether the console is on, and behind a password that cannot be guessed in time."""
    if password is None:
        return Finding("console", "ok", "off; RELAY_ADMIN_PASSWORD switches it on")
    if len(password.get_secret_value()) < LEAST_PASSWORD:
        remedy = f"take one of {LEAST_PASSWORD} characters or more: it opens everything"
        return Finding("console", "warning", "on, behind a short password", remedy)
    return Finding("console", "ok", "on, at /console of ingest")


def _findings_of_server(settings: Settings) -> list[Finding]:
    try:
        url = redis_url(settings)
    except OperatorError as error:
        return [Finding("redis", "wrong", str(error))]
    return findings_of_redis(url)


def _show(findings: list[Finding]) -> None:
    made = table("check", "", "found")
    for finding in findings:
        found = Text(finding.found)
        if finding.remedy:
            found.append(f"\n{finding.remedy}", MUTED)
        made.add_row(finding.check, Text(finding.status, STYLES[finding.status]), found)
    console().print(made)
