"""`relay check`: check settings, configuration, Redis and the connection to TikTok, each with what to do."""

import sys
import time
from typing import Literal
from urllib.parse import urlsplit

import click
import msgspec
from pydantic import SecretStr
from rich.text import Text

from cli.check.archive import findings_of_archive
from cli.check.clocks import findings_of_clocks
from cli.check.connections import findings_of_connections
from cli.check.dead_letters import findings_of_dead_letters
from cli.check.encryption import finding_of_encryption
from cli.check.findings import Finding
from cli.check.mappings import findings_of_mappings
from cli.check.phones import findings_of_phones
from cli.check.processes import findings_of_processes
from cli.check.redis import findings_of_redis
from cli.check.sources import findings_of_sources
from cli.check.tokens import proofs
from cli.context import LEAST_PASSWORD, configuration_of, redis_url, settings_here
from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, console, print_json, table
from config.errors import ConfigurationError
from config.model import Configuration
from config.settings import Settings
from delivery.proxies import certificates, proxy_settings_for
from operations.alerts.messages import test_notice
from operations.alerts.webhook import post
from operations.errors import OperatorError

CONNECTION = "connection to TikTok"
STYLES = {"ok": GOOD, "warning": CAREFUL, "wrong": BAD}


def check(*, as_json: bool, alert: bool, deep: bool, chosen: tuple[str, ...], code: str | None) -> None:
    """Check settings, configuration, Redis and the connection to TikTok. Exit code 1 when anything is wrong."""
    if (chosen or code) and not deep:
        raise click.UsageError("--connection and --test-event-code need --deep.")
    findings = all_findings(alert=alert, deep=deep) + (proofs(chosen, code) if deep else [])
    if as_json:
        print_json([msgspec.structs.asdict(finding) for finding in findings])
    else:
        _show(findings)
    sys.exit(any(finding.status == "wrong" for finding in findings))


def all_findings(*, alert: bool = False, deep: bool = False) -> list[Finding]:
    """Return all findings; with wrong settings only those.

    `alert`: send a test to the webhook. `deep`: look at a message of each source.
    """
    try:
        settings = settings_here()
    except ConfigurationError as error:
        return _problems("settings", error)
    return [
        *_findings_of_configuration(settings),
        finding_of_encryption(settings),
        _alerts(settings.alert_webhook, settings.cell, alert=alert),
        _console(settings.admin_password),
        *_connection_to_tiktok(settings.tiktok_url, deep=deep),
        *_findings_of_server(settings),
        *findings_of_processes(settings),
        *findings_of_connections(settings),
        *findings_of_clocks(settings),
        *findings_of_dead_letters(settings),
        *findings_of_archive(settings),
        *findings_of_phones(settings),
        *findings_of_sources(settings, deep=deep),
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
        *_profiles_without_memory(configuration, settings.profiles_memory),
        *findings_of_mappings(configuration, settings.config),
    ]


def _profiles_without_memory(configuration: Configuration, memory: int) -> list[Finding]:
    """Warn of connections whose profiles have no effect, because relay may remember nothing."""
    names = [name for name, connection in configuration.connections.items() if connection.remembers]
    if memory or not names:
        return []
    found = f"RELAY_PROFILES_MEMORY is 0, so nothing is remembered for {', '.join(names)}"
    return [Finding("profiles", "warning", found, "Set a size such as 64MiB for every process, or remove the setting.")]


def _problems(check: str, error: ConfigurationError) -> list[Finding]:
    return [Finding(check, "wrong", str(problem)) for problem in error.problems]


def _alerts(webhook: SecretStr | None, cell: str, *, alert: bool) -> Finding:
    """Report whether alerts are sent; only the host of the URL is shown."""
    if webhook is None:
        remedy = "Set RELAY_ALERT_WEBHOOK, or alert from /metrics (docs/production.md)."
        status: Literal["ok", "wrong"] = "wrong" if alert else "ok"
        return Finding("alerts", status, "no webhook is set: workers send no alerts", remedy)
    url = webhook.get_secret_value()
    host = urlsplit(url).hostname
    if not alert:
        return Finding("alerts", "ok", f"a webhook at {host} is set", "Run relay check --alert to send a test.")
    problem = post(url, test_notice(time.time_ns() // 1_000_000), cell)
    if problem is None:
        return Finding("alerts", "ok", f"{host} accepted a test")
    return Finding("alerts", "wrong", f"{host} did not accept a test: {problem}", "Correct RELAY_ALERT_WEBHOOK.")


def _connection_to_tiktok(url: str, *, deep: bool) -> list[Finding]:
    """Report the proxy and the trusted certificates, as workers read them; only `deep` also sends something."""
    host = urlsplit(url).netloc
    try:
        proxies = proxy_settings_for(url)
        if url.startswith("https"):
            certificates()
    except ConfigurationError as error:
        return _problems(CONNECTION, error)
    through = f"through the proxy at {proxies.proxy.place}" if proxies.proxy else "without a proxy"
    trust = f"; trusted certificates: {proxies.trust}" if proxies.trust else ""
    found = Finding(CONNECTION, "ok", f"{host}, {through}{trust}{'' if deep else '; tried with --deep only'}")
    if not proxies.ignored:
        return [found]
    remedy = "Write NO_PROXY as hosts, domains, addresses and networks, separated by commas."
    return [found, Finding(CONNECTION, "warning", f"NO_PROXY: ignored: {', '.join(proxies.ignored)}", remedy)]


def _console(password: SecretStr | None) -> Finding:
    """Report whether the console is on, and whether its password is long enough."""
    if password is None:
        return Finding("console", "ok", "off; set RELAY_ADMIN_PASSWORD to switch it on")
    if len(password.get_secret_value()) < LEAST_PASSWORD:
        remedy = f"Choose a password of at least {LEAST_PASSWORD} characters: it opens everything."
        return Finding("console", "warning", "on, with a short password", remedy)
    return Finding("console", "ok", "on, at /console of ingest")


def _findings_of_server(settings: Settings) -> list[Finding]:
    try:
        url = redis_url(settings)
    except OperatorError as error:
        return [Finding("redis", "wrong", str(error))]
    return findings_of_redis(url, settings)


def _show(findings: list[Finding]) -> None:
    rows = table("check", "", "found")
    for finding in findings:
        found = Text(finding.found)
        if finding.remedy:
            found.append(f"\n{finding.remedy}", MUTED)
        rows.add_row(finding.check, Text(finding.status, STYLES[finding.status]), found)
    console().print(rows)
