"""`relay flower` needs a password, and shows a failed job's line unchanged."""

from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from flower.views.tasks import visible_task_columns

from cli.main import main
from cli.processes.flower import COLUMNS, plainly, sign_in


@pytest.mark.parametrize("account", ["", "relay", "relay:", ":password"])
def test_it_does_not_start_without_user_and_password(account: str) -> None:
    """One sentence that says what to set, exit code 1."""
    environ = {"RELAY_REDIS_URL": "redis://127.0.0.1:1/0", "FLOWER_BASIC_AUTH": account}
    done = CliRunner().invoke(main, ["flower"], env=environ)
    assert done.exit_code == 1
    assert "FLOWER_BASIC_AUTH is not set: set it to USER:PASSWORD" in done.output


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ("relay:hidden,more", "has a comma"),
        ('"relay:hidden"', "has quotation marks around it"),
        ("relay:hid\nden", "has several lines"),
    ],
)
def test_an_account_that_flower_would_read_differently_is_refused(account: str, words: str) -> None:
    """Of `relay:hidden,more` Flower would take `hidden` as the whole password."""
    environ = {"RELAY_REDIS_URL": "redis://127.0.0.1:1/0", "FLOWER_BASIC_AUTH": account}
    done = CliRunner().invoke(main, ["flower"], env=environ)
    assert done.exit_code == 1
    assert words in done.output
    assert "hid" not in done.output


@pytest.mark.parametrize("account", ["relay:pass word\r\n", "\ufeffrelay:pass word"])
def test_line_ends_and_byte_order_marks_are_removed_from_the_account(account: str) -> None:
    """They are no part of a password."""
    assert sign_in(account) == "relay:pass word"


def test_the_list_has_the_line_among_its_first_columns() -> None:
    """Flower silently drops unknown names; relay has none."""
    shown = [name for name, _ in visible_task_columns(COLUMNS)]
    assert shown == COLUMNS.split(",")
    assert shown[:4] == ["name", "state", "args", "exception"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "DeliveryTrouble('shop: TikTok 503, attempt 4')",
            "shop: TikTok 503, attempt 4",
        ),
        ('DeliveryTrouble("shop: it\'s so")', "shop: it's so"),
        ("WorkerLostError('gone')", "WorkerLostError('gone')"),
        (None, None),
    ],
    ids=["ours", "in other quotes", "another's", "none"],
)
def test_a_failed_job_shows_its_line(text: str | None, shown: str | None) -> None:
    """Without the Python repr around it."""
    assert plainly(SimpleNamespace(exception=text)).exception == shown
