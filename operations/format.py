"""Numbers and times in words, the same on the terminal and on a page."""


def plural(number: int, word: str, many: str | None = None) -> str:
    """`1 event`, `2 events`."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min`, `5 h`, `2 d`: as much as one needs to know."""
    for limit, unit, size in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds:.1f} s" if seconds < 10 and unit == "s" and seconds else f"{seconds // size:.0f} {unit}"
    return f"{seconds // 86_400:.0f} d"


def size(number: float) -> str:
    """Bytes: `812 B`, `34 MB`, `1.5 GB`."""
    for unit in ("B", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} GB"
