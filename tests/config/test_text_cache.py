"""The cache of texts is limited in bytes: results for long texts are computed each time."""

from config.text_cache import LONGEST, cached_by_text


def test_a_short_text_is_computed_once_and_a_long_one_each_time() -> None:
    """The results are the same."""
    asked: list[str] = []

    @cached_by_text(8)
    def length(text: str, more: int) -> int:
        asked.append(text)
        return len(text) + more

    short, long = "x" * LONGEST, "x" * (LONGEST + 1)
    assert [length(short, 1) for _ in range(3)] == [LONGEST + 1] * 3
    assert [length(long, 1) for _ in range(3)] == [LONGEST + 2] * 3
    assert asked == [short, long, long, long]
