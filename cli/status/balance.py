"""The books in words: one line per connection that adds up, or says by how much it does not."""

from rich.text import Text

from cli.terminal.output import BAD, GOOD, MUTED
from lanes.ledger import ENDED, RECEIVED, ConnectionReading
from operations.status.imbalance import describe_imbalance

ALWAYS = ("accepted", "delivered")


def balance_line(group: ConnectionReading) -> Text:
    """`shop  12 accepted = 9 delivered + 2 dead + 1 waiting ✓`; what is zero is left out."""
    came = _sum([(name, group.counts.get(name, 0)) for name in RECEIVED])
    ended = [(name, group.counts.get(name, 0)) for name in ENDED]
    line = Text.assemble(came, (" = ", MUTED), _sum([*ended, ("waiting", group.waiting)]))
    if group.balances:
        return line.append("  ✓", style=f"bold {GOOD}")
    return line.append(f"  ✗ {'; '.join(describe_imbalance(group))}", style=f"bold {BAD}")


def _sum(terms: list[tuple[str, int]]) -> Text:
    shown = [(name, number) for name, number in terms if number or name in ALWAYS]
    return Text.assemble((" + ", MUTED)).join(
        Text.assemble((f"{number:,}", "bold"), f" {name}") for name, number in shown
    )
