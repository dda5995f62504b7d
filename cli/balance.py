"""The books in words: one line per connection that adds up, or says by how much it does not."""

from rich.text import Text

from cli.output import BAD, GOOD, MUTED, plural
from lanes.books import GroupReading

CAME = ("accepted", "extra", "replayed")
ENDED = ("delivered", "dead", "unsupported", "withheld", "forgotten")
ALWAYS = ("accepted", "delivered")


def balance_line(group: GroupReading) -> Text:
    """`shop  12 accepted = 9 delivered + 2 dead + 1 waiting ✓`; what is zero is left out."""
    came = _sum([(name, group.books.get(name, 0)) for name in CAME])
    ended = [(name, group.books.get(name, 0)) for name in ENDED]
    line = Text.assemble(came, (" = ", MUTED), _sum([*ended, ("waiting", group.waiting)]))
    if group.balances:
        return line.append("  ✓", style=f"bold {GOOD}")
    return line.append(f"  ✗ {'; '.join(faults_of(group))}", style=f"bold {BAD}")


def faults_of(group: GroupReading) -> list[str]:
    """What does not add up; empty when the books balance."""
    faults = []
    if group.discrepancy:
        what = "not accounted for" if group.discrepancy > 0 else "more than came"
        faults.append(f"{plural(abs(group.discrepancy), 'event')} {what}")
    if group.letters_discrepancy:
        what = "missing" if group.letters_discrepancy > 0 else "too many"
        faults.append(f"{plural(abs(group.letters_discrepancy), 'dead letter')} {what}")
    uneven = [lane for lane in group.lanes if lane.chunks != lane.sizes]
    return faults + [f"lane {lane.name} has {lane.chunks:,} chunks and {lane.sizes:,} sizes" for lane in uneven]


def _sum(terms: list[tuple[str, int]]) -> Text:
    shown = [(name, number) for name, number in terms if number or name in ALWAYS]
    return Text.assemble((" + ", MUTED)).join(
        Text.assemble((f"{number:,}", "bold"), f" {name}") for name, number in shown
    )
