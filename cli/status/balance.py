"""The ledger as one line for each connection: it adds up, or says by how much it does not."""

from rich.text import Text

from cli.terminal.output import BAD, GOOD, MUTED
from lanes.ledger import ENDED, RECEIVED, ConnectionReading
from operations.status.imbalance import describe_imbalance

ALWAYS = ("accepted", "delivered")


def balance_line(reading: ConnectionReading) -> Text:
    """`shop  12 accepted = 9 delivered + 2 dead + 1 waiting ✓`; what is zero is left out."""
    came = _sum([(name, reading.counts.get(name, 0)) for name in RECEIVED])
    ended = [(name, reading.counts.get(name, 0)) for name in ENDED]
    line = Text.assemble(came, (" = ", MUTED), _sum([*ended, ("waiting", reading.waiting)]))
    if reading.balances:
        return line.append("  ✓", style=f"bold {GOOD}")
    return line.append(f"  ✗ {'; '.join(describe_imbalance(reading))}", style=f"bold {BAD}")


def _sum(terms: list[tuple[str, int]]) -> Text:
    shown = [(name, number) for name, number in terms if number or name in ALWAYS]
    return Text.assemble((" + ", MUTED)).join(
        Text.assemble((f"{number:,}", "bold"), f" {name}") for name, number in shown
    )
