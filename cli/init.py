"""`relay init`: write the first relay.yaml, .env and case from four answers."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast, get_args

import click

from cli.terminal.output import note
from config.files.env_file import ENV_FILE, load_env_file
from config.files.starter import CASE_FILE, SCHEMA_FILE, Answers, starter_cases, starter_env, starter_yaml
from config.model import Platform
from config.reading.json_schema import json_schema_text
from config.reading.readers import Read, ValueRefused
from config.reading.schema import event_source_id, region
from config.reading.yaml_tree import Text
from operations.errors import OperatorError

NEXT: Final = """\
Wrote {names}.
Next: relay test {cases}, then relay up. Senders authenticate with {prefix}_KEY and {prefix}_SECRET of .env."""
NO_TOKEN: Final = "No token yet: put TikTok's Events API token after TIKTOK_TOKEN= in .env first."  # noqa: S105


_READERS: Final[Mapping[str, Read[str]]] = {"event_source_id": event_source_id, "default_region": region}


def checked(name: str, value: str) -> str:
    """Return the value as the configuration file would read it. Raise BadParameter."""
    try:
        return _READERS[name](name, Text(1, value))
    except ValueRefused as refused:
        raise click.BadParameter(refused.faults[0].message) from None


def init(
    platform: str | None, event_source_id: str | None, region: str | None, *, token_stdin: bool, force: bool
) -> None:
    """Write a commented relay.yaml, its schema for editors, .env with new keys, and a first case for relay test."""
    paths = [Path("relay.yaml"), Path(".env"), Path(SCHEMA_FILE)]
    existing = [path.name for path in paths[:2] if path.exists()]
    if existing and not force:
        raise OperatorError(
            f"{' and '.join(existing)} exist{'s' if len(existing) == 1 else ''} already. Pass --force to overwrite."
        )
    answers = _answers(platform, event_source_id, region, token_stdin=token_stdin)
    contents = [starter_yaml(answers), starter_env(answers, _former_encryption_keys()), json_schema_text()]
    cases = Path(CASE_FILE)
    if not cases.exists():  # the operator's own cases stay, with --force too
        paths.append(cases)
        contents.append(starter_cases(answers))
    for path, content in zip(paths, contents, strict=True):
        _write(path, content, mode=0o600 if path.name == ".env" else 0o644)
    note(NEXT.format(names=", ".join(path.name for path in paths), prefix=answers.prefix, cases=CASE_FILE))
    if not answers.token:
        note(NO_TOKEN)


def _answers(platform: str | None, source: str | None, region_code: str | None, *, token_stdin: bool) -> Answers:
    token = sys.stdin.readline().strip() if token_stdin else None
    if token_stdin or not sys.stdin.isatty():
        missing = [name for name, value in (("--platform", platform), ("--event-source-id", source)) if not value]
        if missing:
            raise click.UsageError(f"Not running in a terminal; pass {' and '.join(missing)}.")
    else:
        platform = platform or click.prompt(
            "Kind of mParticle input", type=click.Choice(get_args(Platform)), default="web", err=True
        )
        source = source or click.prompt(
            "Pixel ID, App ID or Offline Event Set ID",
            err=True,
            value_proc=lambda value: checked("event_source_id", value),
        )
        token = click.prompt("TikTok's Events API token (empty: later)", default="", hide_input=True, err=True)
        if region_code is None:
            region_code = click.prompt(
                "Country of phone numbers without a country code, such as US (empty: none)",
                default="",
                show_default=False,
                err=True,
                value_proc=lambda value: checked("default_region", value) if value else "",
            )
    return Answers(
        platform=cast("Platform", platform),
        event_source_id=source or "",
        token=token or "",
        default_region=region_code or "",
    )


def _former_encryption_keys() -> str:
    """Return the encryption keys of the present `.env`: events in Redis may need them. Raise ConfigurationError."""
    variables: dict[str, str] = {}
    load_env_file(ENV_FILE, variables)
    return variables.get("RELAY_ENCRYPTION_KEY", "").strip()


def _write(path: Path, content: str, mode: int) -> None:
    """Write the file; a new one gets `mode` as far as the umask allows. Raise OperatorError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}") from None
