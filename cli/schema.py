"""`relay schema`: print the JSON Schema of relay.yaml."""

import click

from config.reading.json_schema import json_schema_text
from operations.cases.schema import case_schema_text


def schema(*, cases: bool) -> None:
    """Print the JSON Schema of relay.yaml, for editors that complete and check the file."""
    click.echo(case_schema_text() if cases else json_schema_text(), nl=False)
