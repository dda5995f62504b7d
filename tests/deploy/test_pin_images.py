"""`make pin-images`: every base image gets its digest, or nothing changes; a stand-in replaces the registry's tool."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("Dockerfile", "docker-compose.yml", "deploy/kubernetes.yaml")
INDEX = b'{"manifests": [{"digest": "sha256:aa"}]}'
DIGEST = hashlib.sha256(INDEX).hexdigest()
NEWER = hashlib.sha256(INDEX + b" ").hexdigest()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy the files that name images, and the program."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "bin").mkdir()
    for name in (*FILES, "deploy/pin_images.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


IMAGES = ("python:3.11-slim-bookworm", "rabbitmq:4.1-management", "valkey/valkey:8.1")


def pin(checkout: Path, tool: str, script: str) -> "subprocess.CompletedProcess[str]":
    """Run it with `tool` as the only program on PATH besides the shell's own."""
    program = checkout / "bin" / tool
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    environ = {"PATH": str(checkout / "bin")}
    command = [sys.executable, str(checkout / "deploy" / "pin_images.py")]
    return subprocess.run(command, env={**environ, "LANG": "C.UTF-8"}, capture_output=True, text=True, check=False)


def contents(checkout: Path) -> list[str]:
    """Return the files' contents."""
    return [(checkout / name).read_text() for name in FILES]


@pytest.mark.parametrize("tool", ["skopeo", "docker"])
def test_every_base_image_gets_its_digest_and_nothing_else_changes(checkout: Path, tool: str) -> None:
    """After its tag, in every file; a second run replaces an old digest by the newest."""
    before = contents(checkout)
    done = pin(checkout, tool, f"printf '%s' '{INDEX.decode()}'")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{name}@sha256:{DIGEST}" for name in IMAGES]
    after = contents(checkout)
    assert [text.count(f"@sha256:{DIGEST}") for text in after] == [2, 2, 1]
    assert [text.replace(f"@sha256:{DIGEST}", "") for text in after] == before
    assert pin(checkout, tool, f"printf '%s ' '{INDEX.decode()}'").returncode == 0
    assert [text.replace(f"@sha256:{NEWER}", "") for text in contents(checkout)] == before


@pytest.mark.parametrize(
    ("tool", "script", "output"),
    [
        ("skopeo", 'case "$*" in *valkey*) echo "no such tag" >&2; exit 1;; esac; printf x', "no such tag"),
        ("skopeo", "exit 0", "said nothing about python:3.11-slim-bookworm"),
        ("neither", "exit 0", "neither skopeo nor docker is installed"),
    ],
)
def test_without_every_answer_nothing_changes(checkout: Path, tool: str, script: str, output: str) -> None:
    """A half-pinned checkout would mix images of two days."""
    before = contents(checkout)
    done = pin(checkout, tool, script)
    assert done.returncode == 1
    assert done.stderr.startswith("nothing was changed: ")
    assert output in done.stderr
    assert contents(checkout) == before


def test_images_are_looked_up_where_the_engine_pulls_them(checkout: Path) -> None:
    """Short names are Docker Hub's, which skopeo needs in full."""
    log = checkout / "asked"
    assert pin(checkout, "skopeo", f'echo "$*" >> {log}; printf x').returncode == 0
    assert log.read_text().splitlines() == [
        "inspect --raw docker://docker.io/library/python:3.11-slim-bookworm",
        "inspect --raw docker://docker.io/library/rabbitmq:4.1-management",
        "inspect --raw docker://docker.io/valkey/valkey:8.1",
    ]
