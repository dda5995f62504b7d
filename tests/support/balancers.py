"""The balancers of the documents in front of two cells, with the files that the documents name."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

PROXIES = Path(__file__).parents[2] / "deploy" / "proxies"
PATH = f"{os.environ['PATH']}:/usr/sbin"
Balancer = Callable[[Path, int, list[str]], tuple[list[str], dict[str, str]]]
"""A directory, the port to listen on and the cells' addresses become a command line and its environment."""


def haproxy(directory: Path, port: int, cells: list[str]) -> tuple[list[str], dict[str, str]]:
    """Run HAProxy with its sample."""
    return _haproxy(directory, port, cells, "")


def haproxy_by_source(directory: Path, port: int, cells: list[str]) -> tuple[list[str], dict[str, str]]:
    """Run HAProxy with its sample as it is for `enrich_ip_address`: a sender stays in one cell."""
    return _haproxy(directory, port, cells, "    balance source\n    hash-type consistent\n")


def _haproxy(directory: Path, port: int, cells: list[str], balance: str) -> tuple[list[str], dict[str, str]]:
    text = (PROXIES / "haproxy.cfg").read_text()
    file = directory / "haproxy.cfg"
    file.write_text(re.sub(r" +balance roundrobin.*\n", balance, text) if balance else text)
    variables = {"BALANCER": f"127.0.0.1:{port}", "CELL_A": cells[0], "CELL_B": cells[1]}
    return [str(shutil.which("haproxy", path=PATH)), "-db", "-f", str(file)], variables


def nginx(directory: Path, port: int, cells: list[str]) -> tuple[list[str], dict[str, str]]:
    """Run nginx with its sample, without TLS."""
    text = (PROXIES / "nginx-cells.conf").read_text()
    text = text.replace("127.0.0.1:8081", cells[0]).replace("127.0.0.1:8082", cells[1])
    text = re.sub(r"ssl_certificate.*\n", "", text).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {directory}/{kind}; " for kind in kinds)
    user = "user root; " if os.geteuid() == 0 else ""  # another user could not write into the test's directory
    file = directory / "nginx.conf"
    file.write_text(
        f"{user}daemon off; pid {directory}/pid; error_log {directory}/nginx.log; events {{}} "
        f"http {{ access_log off; {paths}\n{text}\n}}"
    )
    program = str(shutil.which("nginx", path=PATH))
    return [program, "-p", str(directory), "-c", str(file), "-e", str(directory / "nginx.log")], {}


BALANCERS: dict[str, Balancer] = {"haproxy": haproxy, "haproxy by source": haproxy_by_source, "nginx": nginx}


def skip_unless_installed(balancer: str) -> None:
    """Skip the test and say so where the program is missing."""
    program = balancer.partition(" ")[0]
    if shutil.which(program, path=PATH) is None:
        pytest.skip(f"{program} is not installed")
