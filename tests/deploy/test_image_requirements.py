"""The image installs exactly what the tests run with, and only files whose hashes are in the checkout."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("build-requirements.txt", "image-requirements.txt")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMAGE = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "implementation_name": "cpython"}
ONLY_3_11 = {"async-timeout", "typing-extensions"}
"""Needed by some on the image's Python and not on newer ones, on which the tests may run."""
EXTRAS = ("flower", "archive", "kafka", "pubsub", "sqs")
"""Those of the image; docs/production.md says how to add others."""
ANY_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked(name: str) -> dict[str, str]:
    """Return each package of a lock file with its version; each must have a hash, and nothing else may be there."""
    text = (ROOT / "deploy" / name).read_text()
    found = {}
    for line in text.replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = line.split()
            assert hashes, line
            assert all(ANY_HASH.fullmatch(digest) for digest in hashes), line
            package, version = requirement.split("==")
            found[canonicalize_name(package)] = version
    return found


def constraints() -> dict[str, str]:
    """Return the versions that tests run with."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def needed(requirements: Iterable[str], extra: str = "") -> Iterator[str]:
    """Return what these requirements install on the image's platform, by the metadata of the installed packages."""
    seen: set[tuple[str, str]] = set()
    waiting = [(text, extra) for text in requirements]
    while waiting:
        text, extra = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({**IMAGE, "python_version": "3.11", "extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        yield name
        for one in ("", *requirement.extras):
            if (name, one) not in seen:
                seen.add((name, one))
                waiting += [(further, one) for further in metadata.requires(name) or ()]


def test_the_image_installs_what_relay_needs_and_no_more() -> None:
    """All dependencies and those of some extras; make image-requirements renews the file."""
    project = PROJECT["project"]
    extras = [text for extra in EXTRAS for text in project["optional-dependencies"][extra]]
    wanted = {*needed([*project["dependencies"], *extras])}
    assert set(locked("image-requirements.txt")) - ONLY_3_11 == wanted - ONLY_3_11


@pytest.mark.parametrize("name", LOCKS)
def test_locked_versions_are_those_of_the_constraints(name: str) -> None:
    """So that the tested versions run."""
    known = constraints()
    different = {
        package: version for package, version in locked(name).items() if known.get(package, version) != version
    }
    assert different == {}
    assert name != "image-requirements.txt" or set(locked(name)) <= set(known)


def test_the_build_backend_is_locked() -> None:
    """The one that pyproject.toml names."""
    (backend,) = PROJECT["build-system"]["requires"]
    package, version = backend.split("==")
    assert locked("build-requirements.txt")[package] == version


def test_nothing_in_the_dockerfile_is_fetched_without_a_hash() -> None:
    """Each pip either requires hashes or uses no index."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    commands = [part for line in text.splitlines() if line.startswith("RUN ") for part in line[4:].split(" && ")]
    fetching = [command for command in commands if re.search(r"\bpip (\S+ \S+ )?(install|wheel|download)\b", command)]
    assert len(fetching) == 4
    assert all("--require-hashes" in command or "--no-index" in command for command in fetching)
    assert all("--no-deps" in command for command in fetching)
    assert not [command for command in commands if re.search(r"\b(apt-get|curl|wget|ADD)\b", command)]
