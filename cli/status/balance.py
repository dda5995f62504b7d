"""Print the ledger: a line for each connection that balances, or says by how much it does not."""

from rich.text import Text

from cli.terminal.output import BAD, GOOD, MUTED
from lanes.ledger import ENDED, RECEIVED, ConnectionReading
from operations.status.imbalance import describe_imbalance

ALWAYS = ("accepted", "delivered")


def balance_line(connection: ConnectionReading) -> Text:
    """Return `12 accepted = 9 delivered + 2 dead-lettered + 1 waiting ✓`; terms of zero are omitted."""
    received = _sum([(name, connection.counts.get(name, 0)) for name in RECEIVED])
    ended = [(name, connection.counts.get(name, 0)) for name in ENDED]
    line = Text.assemble(received, (" = ", MUTED), _sum([*ended, ("waiting", connection.waiting)]))
    if connection.balances:
        return line.append("  ✓", style=f"bold {GOOD}")
    return line.append(f"  ✗ {'; '.join(describe_imbalance(connection))}", style=f"bold {BAD}")


def _sum(terms: list[tuple[str, int]]) -> Text:
    shown = [(name, number) for name, number in terms if number or name in ALWAYS]
    return Text.assemble((" + ", MUTED)).join(
        Text.assemble((f"{number:,}", "bold"), f" {name.replace('_', '-')}") for name, number in shown
    )
