"""What is remembered of texts is bounded in bytes: long ones are worked out each time."""

from config.text_cache import LONGEST, cached_by_text


def test_a_short_text_is_worked_out_once_and_a_long_one_each_time() -> None:
    """With the same result."""
    asked: list[str] = []

    @cached_by_text(8)
    def length(text: str, more: int) -> int:
        asked.append(text)
        return len(text) + more

    short, long = "x" * LONGEST, "x" * (LONGEST + 1)
    assert [length(short, 1) for _ in range(3)] == [LONGEST + 1] * 3
    assert [length(long, 1) for _ in range(3)] == [LONGEST + 2] * 3
    assert asked == [short, long, long, long]
