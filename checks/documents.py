"""Fill the generated parts of documents from the code they describe; with --check, fail where one has grown stale.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; NAME is a key of PARTS.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from checks.lines import wrapped
from cli.main import main as relay
from config.additional_fields import ADDITIONAL_FIELDS, AdditionalField
from config.dead_letter_reasons import REASONS
from config.reading.conditions import CONDITION
from config.reading.custom_mappings import CUSTOM_MAPPING
from config.reading.forwarding import FORWARD
from config.reading.matches import MATCH, PRODUCTS, PROMOTIONS
from config.reading.parameters import PARAMETER
from config.reading.readers import scalar, text
from config.reading.records import Record
from config.reading.schema import connection_record, input_record
from config.settings import PREFIX, Settings
from config.sources.record import input_by_record, source_record
from mapping.tables import BRAND, FIELDS, NUM_ITEMS, OF_ATTRIBUTES
from operations.cases.reading import CASE, DEAD_LETTER, EVENT, EXPECTATION
from process.log_events import LOG_EVENTS

DOCUMENTS: Final = Path(__file__).parents[1] / "docs"
_PART: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def keys_table(record: Record[Any]) -> str:
    """Return a table of a record's keys: name, whether it is required or its default, meaning."""
    rows = (
        (f"`{key}`", "required" if row.required else f"`{row.default}`" if row.default else "–", row.meaning)
        for key, row in record.rows.items()
    )
    return table(("key", "default", "meaning"), rows)


def variables_table() -> str:
    """Return a table of the environment variables that every process reads."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "–" if default in (None, (), "") else f"`{default}`"
        rows.append((f"`{PREFIX}{name.upper()}`", shown, field.title or "", field.description or ""))
    return table(("variable", "default", "meaning", "allowed"), rows)


def log_events_table() -> str:
    """Return a table of the log events: name, sentence, details."""
    rows = ((f"`{name}`", event.sentence, event.details or "–") for name, event in LOG_EVENTS.items())
    return table(("event", "message", "details"), rows)


def additional_fields_table() -> str:
    """Return a table of the fields that `also_send` asks for."""
    rows = [*(row for row in FIELDS if row.additional), BRAND, NUM_ITEMS, *OF_ATTRIBUTES]
    by_path = {row.track: row for row in rows}
    cells = (
        (field.id, f"`{path}`", f"`{by_path[path].source.name}`", field.set_name or "–", _routes(field), _form(field))
        for path, field in ADDITIONAL_FIELDS.items()
    )
    return table(("id", "path", "from", "set", "routes", "form"), cells)


def _routes(field: AdditionalField) -> str:
    names = [name for name in ("legacy", "web", "app", "offline", "crm") if name in field.routes]
    return {5: "all", 4: "all but legacy"}.get(len(names), ", ".join(names))


def _form(field: AdditionalField) -> str:
    return " · ".join(f"`{word}`" for word in field.allowed) or field.expected


def reasons_table() -> str:
    """Return a table of the reasons for dead letters."""
    rows = ((f"`{row.code}`", row.stage or "–", row.sentence, row.remedy, row.who) for row in REASONS.values())
    return table(("reason", "stage", "what is wrong", "what to do", "who does it"), rows)


def commands_text() -> str:
    """Return every command with its options, a section each, from the commands themselves."""
    return "\n".join(_command(relay, "relay"))


def _command(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    if not isinstance(command, click.Group):
        yield f"## `{path}`\n"
        yield f"{_paragraphs(command.help)}\n"
        usage = " ".join(command.collect_usage_pieces(context))
        yield f"Usage: `{path} {usage}`\n"
        options = [row for parameter in command.params if (row := parameter.get_help_record(context))]
        if options:
            yield table(("option", "meaning"), ((f"`{names}`", text) for names, text in options)) + "\n"
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None and not child.hidden:
            yield from _command(child, f"{path} {name}")


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").replace("\b", "").split("\n\n"))


def table(head: tuple[str, ...], rows: Any) -> str:
    """Return a Markdown table; bars inside cells are escaped."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    cells = ([str(cell).replace("|", "\\|") for cell in row] for row in rows)
    lines += [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join(lines)


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "variables": variables_table,
    "keys-of-an-input": lambda: keys_table(input_record(scalar)),
    "keys-of-a-connection": lambda: keys_table(connection_record(scalar, ())),
    "keys-of-a-source": lambda: keys_table(source_record(scalar, ())),
    "keys-of-input-by": lambda: keys_table(input_by_record(text)),
    "keys-of-forward": lambda: keys_table(FORWARD),
    "keys-of-a-custom-mapping": lambda: keys_table(CUSTOM_MAPPING),
    "keys-of-a-match": lambda: keys_table(MATCH),
    "keys-of-products": lambda: keys_table(PRODUCTS),
    "keys-of-promotions": lambda: keys_table(PROMOTIONS),
    "keys-of-a-condition": lambda: keys_table(CONDITION),
    "keys-of-a-parameter": lambda: keys_table(PARAMETER),
    "commands": commands_text,
    "log-events": log_events_table,
    "dead-letter-reasons": reasons_table,
    "additional-fields": additional_fields_table,
    "keys-of-a-case": lambda: keys_table(CASE),
    "keys-of-an-expectation": lambda: keys_table(EXPECTATION),
    "keys-of-an-expected-event": lambda: keys_table(EVENT),
    "keys-of-a-dead-letter-case": lambda: keys_table(DEAD_LETTER),
}


def filled(text: str) -> str:
    """Return `text` with every generated part as the code has it now. Raise KeyError for an unknown NAME."""
    return _PART.sub(lambda found: f"{found[1]}{wrapped(PARTS[found[2]]())}\n{found[3]}", text)


def main(arguments: list[str]) -> int:
    """Rewrite the documents, or with --check name those that differ and return 1."""
    stale = []
    for path in sorted(DOCUMENTS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (now := filled(text)) != text:
            stale.append(path.name)
            if "--check" not in arguments:
                path.write_text(now, encoding="utf-8")
    if stale:
        print(f"documents: {', '.join(stale)} {'renewed' if '--check' not in arguments else 'stale: make documents'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
