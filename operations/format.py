"""Write numbers, times and sizes for people, the same in the terminal and in the console."""


def plural(number: int, word: str, many: str | None = None) -> str:
    """Return `1 event` or `2 events`."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def duration(seconds: float) -> str:
    """Return a duration in one unit: `0.4 s`, `12 s`, `3 min`, `5 h` or `2 d`."""
    for limit, unit, size in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds:.1f} s" if seconds < 10 and unit == "s" and seconds else f"{seconds // size:.0f} {unit}"
    return f"{seconds // 86_400:.0f} d"


def size(number: float) -> str:
    """Return a size in bytes as `812 B`, `34 MB` or `1.5 GB`."""
    for unit in ("B", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} GB"


def state_name(state: str) -> str:
    """Return a state as people read it, in commands and pages alike: `backing_off` as `backing off`."""
    return state.replace("_", " ")
