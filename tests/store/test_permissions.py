"""Missing permissions of a Redis user are named as the ACL line that adds them, and that line is enough."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
import redis
from support.acl import add_user, running_server

from store.client import connect
from store.diagnosis.permissions import COMMANDS, KEYS, NOTHING_MISSING, acl_line, missing_permissions
from store.diagnosis.probe import Probe

RIGHTS = [
    (["~*", "&*", "+@all"], None),
    (["~*", "&*", "+@all", "-@dangerous", "+info"], None),
    (["~*", "&*", "+@all", "-@dangerous"], "+info"),
    (["~*", "&*", "+@all", "-@scripting"], "+eval +evalsha +script|load"),
    (["~*", "&*", "+@all", "-hincrby", "-zadd"], "+hincrby +zadd"),
    (["~*", "resetchannels", "+@all"], "&*"),
    (["~lane*", "~once:*", "&*", "+@all"], "~connection:* ~ledger:*"),
]


@pytest.mark.parametrize(("rights", "words"), RIGHTS, ids=[" ".join(rights) for rights, _ in RIGHTS])
def test_missing_permissions_are_one_line(rights: list[str], words: str | None, tmp_path: Path) -> None:
    """Of commands, keys and channels; after that line nothing is missing."""
    with running_server(tmp_path) as url, redis.Redis.from_url(url) as admin:
        with connect(add_user(url, "relay", rights)) as client:
            missing = missing_permissions(client)
            if words is None:
                assert missing == NOTHING_MISSING
                return
            line = acl_line(client, missing)
            assert line.startswith("ACL SETUSER relay ")
            assert words in line
        admin.execute_command(*line.split(" "))
        with connect(url.replace("redis://", "redis://relay:pw@")) as client:
            assert missing_permissions(client) == NOTHING_MISSING
            assert Probe(client).trouble() is None


def test_a_user_without_any_permission_gets_one_line_with_all(tmp_path: Path) -> None:
    """The line alone is enough for scripts to run."""
    with running_server(tmp_path) as url, redis.Redis.from_url(url) as admin:
        with connect(add_user(url, "relay", ["resetchannels"])) as client:
            trouble = Probe(client).trouble()
        assert trouble is not None
        line = trouble.what_to_do.partition("run on the server: ")[2]
        while line:
            admin.execute_command(*line.split(" "))
            with connect(url.replace("redis://", "redis://relay:pw@")) as client:
                line = ""
                if (missing := missing_permissions(client)) != NOTHING_MISSING:
                    line = acl_line(client, missing)
        with connect(url.replace("redis://", "redis://relay:pw@")) as client:
            assert Probe(client).trouble() is None


def test_every_command_and_key_of_the_scripts_is_tried() -> None:
    """A new command of a script, or a new beginning of keys, must be in the table as well."""
    folders = [files("lanes.scripts"), files("store.scripts")]
    text = "".join(file.read_text() for folder in folders for file in folder.iterdir() if file.name.endswith(".lua"))
    called = set(re.findall(r"redis\.p?call\('([A-Za-z]+)'", text))
    assert called <= {row.split(" ")[0] for row in COMMANDS}
    glossary = set(re.findall(r"^--   ([a-z_]+:?)", text, re.MULTILINE))
    assert "dead_letters:" in glossary
    assert [key for key in glossary if not key.startswith(KEYS)] == []
