"""`relay check --deep`: check each connection's access token with TikTok."""

from collections.abc import Iterator, Sequence

from cli.check.findings import Finding
from cli.context import configuration_of, settings_here
from cli.terminal.usage_errors import unknown_id
from config.errors import ConfigurationError
from config.model import Configuration
from delivery.client import Client
from operations.preview.token_test import test_token


def proofs(chosen: Sequence[str], code: str | None) -> list[Finding]:
    """Return findings for the chosen connections, or for all; nothing with wrong settings, which `check` reports."""
    try:
        settings = settings_here()
        configuration = configuration_of(settings)
    except ConfigurationError:
        return []
    for connection_id in chosen:
        if connection_id not in configuration.connections:
            raise unknown_id("connection", connection_id, configuration.connections)
    try:
        client = Client(settings.tiktok_url)
    except ConfigurationError:
        return []  # `check` reports wrong proxy settings
    with client:
        return list(_proofs(configuration, chosen or list(configuration.connections), code, client))


def _proofs(configuration: Configuration, chosen: Sequence[str], code: str | None, client: Client) -> Iterator[Finding]:
    for connection_id in chosen:
        for proof in test_token(configuration, configuration.connections[connection_id], code, client):
            yield Finding(f"token of {connection_id}", proof.outcome, proof.found, proof.remedy)
