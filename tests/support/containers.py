"""Containers without Docker and without a registry: podman, with base images made of Debian packages."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from support.servers import SERVERS, NotHere, fetch

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "relay-containers"
NEEDED: Final = ("podman", "debootstrap", "runc", "iptables")
PACKAGES: Final = "python3,python3-venv,python3-pip,ca-certificates,redis-tools,tzdata"
PYTHON, VALKEY = "docker.io/library/python:3.11-slim-bookworm", "docker.io/valkey/valkey:8.1"
RELAY: Final = "docker.io/library/tiktok-events-relay:local"
CERTIFICATES: Final = "/etc/ssl/certs"
ENTRYPOINT: Final = """\
#!/bin/sh
# Does what Valkey's own entry point does: root becomes valkey, and files are its owner's.
set -e
if [ "$1" = valkey-server ] && [ "$(id -u)" = 0 ]; then
    chown -R valkey /data
    exec setpriv --reuid=valkey --regid=valkey --clear-groups -- "$0" "$@"
fi
umask 0077
exec "$@"
"""
VALKEY_FILE: Final = f"""\
FROM {PYTHON}
RUN rm -f /usr/local/bin/* && groupadd --gid 1999 valkey && useradd --uid 1999 --gid 1999 --home-dir /data valkey \\
    && mkdir -p /data && chown valkey:valkey /data && ln -s /usr/bin/redis-cli /usr/local/bin/valkey-cli
COPY valkey-server docker-entrypoint.sh /usr/local/bin/
WORKDIR /data
ENTRYPOINT ["docker-entrypoint.sh"]
"""


def missing() -> str | None:
    """Return a sentence that says why containers cannot run here, or None if they can."""
    if os.getuid() != 0:
        return "containers are run as root only"
    absent = [name for name in NEEDED if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    return f"not installed: {', '.join(absent)}" if absent else None


class Podman:
    """podman with its own storage, networks and limits, so that no other images are replaced."""

    def __init__(self) -> None:
        self.networks = KEPT / "networks"
        self.networks.mkdir(parents=True, exist_ok=True)
        (KEPT / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{KEPT}/storage"\nrunroot = "{KEPT}/run"\n'
        )
        # Where raising a limit is not allowed, podman's own defaults start nothing.
        (KEPT / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=19000:19000", "nproc=30000:30000"]\n'
            '[engine]\nevents_logger = "file"\nruntime = "runc"\n'
            f'[network]\nnetwork_config_dir = "{self.networks}"\n'
        )
        self.environ = {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": str(KEPT / "storage.conf"),
            "CONTAINERS_CONF": str(KEPT / "containers.conf"),
        }

    def run(self, *arguments: str, seconds: float = 60, check: bool = True) -> str:
        """Run a podman command and return its output."""
        done = subprocess.run(
            ["podman", *arguments], env=self.environ, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0 or not check, f"podman {arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout + ("" if check else done.stderr)

    def has(self, image: str) -> bool:
        """Return whether the image exists."""
        return bool(self.run("images", "--quiet", image).strip())

    def make_images(self) -> None:
        """Make the base images unless they exist, then relay's image from its Dockerfile."""
        if not self.has(PYTHON):
            self._import_debian()
        if not self.has(VALKEY):
            self._build_valkey()
        (KEPT / "pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}/ca-certificates.crt\n")
        volumes = [f"{CERTIFICATES}:{CERTIFICATES}:ro", f"{KEPT}/pip.conf:/etc/pip.conf:ro"]
        options = [word for volume in volumes for word in ("--volume", volume)]
        build = ["build", "--pull=never", "--network", "host", *options, "--tag", RELAY, str(ROOT)]
        self.run(*build, seconds=900)

    def _import_debian(self) -> None:
        root, tar = KEPT / "debian", KEPT / "debian.tar"
        command: Sequence[str] = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)]
        environ = {**self.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        shutil.rmtree(root, ignore_errors=True)
        for step in (
            command,
            ["chroot", str(root), "python3", "-m", "venv", "--copies", "/usr/local"],
            ["tar", "-C", str(root), "--exclude=./var/cache/apt", "-cf", str(tar), "."],
        ):
            subprocess.run(step, env=environ, check=True, capture_output=True, timeout=900)
        path = "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
        self.run("import", "--change", path, str(tar), PYTHON, seconds=300)
        tar.unlink()
        shutil.rmtree(root)

    def _build_valkey(self) -> None:
        server = next(one for one in SERVERS if one.name == "valkey-8")
        try:
            fetch(server)
        except NotHere as why:
            raise RuntimeError(str(why)) from None
        folder = KEPT / "valkey"
        folder.mkdir(exist_ok=True)
        shutil.copy(server.path, folder / "valkey-server")
        (folder / "docker-entrypoint.sh").write_text(ENTRYPOINT)
        (folder / "docker-entrypoint.sh").chmod(0o755)
        (folder / "Dockerfile").write_text(VALKEY_FILE)
        self.run("build", "--pull=never", "--tag", VALKEY, str(folder), seconds=300)

    def make_ipv6_network(self, name: str) -> None:
        """Make a network without IPv4 addresses; podman itself only makes networks with both families."""
        self.run("network", "rm", "--force", name, check=False)
        self.run("network", "create", "--ipv6", "--subnet", "fd00:7e1a::/64", name)
        file = self.networks / f"{name}.json"
        network: dict[str, Any] = json.loads(file.read_text())
        network["subnets"] = [one for one in network["subnets"] if ":" in one["subnet"]]
        file.write_text(json.dumps(network))


class Project:
    """docker-compose.yml as it is, with a second file for what this machine lacks and what a variant changes."""

    def __init__(self, podman: Podman, directory: Path, env: str, ports: dict[str, int], **service: Any) -> None:
        self._podman, self._directory, self.name = podman, directory, f"relay-test-{os.getpid()}"
        shutil.copy(ROOT / "docker-compose.yml", directory)
        shutil.copytree(ROOT / "deploy", directory / "deploy")
        (directory / "etc").mkdir()
        shutil.copy(ROOT / "config" / "relay.example.yaml", directory / "etc" / "relay.yaml")
        at = "".join(f"{name.upper()}_AT=127.0.0.1:{port}\r\n" for name, port in ports.items())
        (directory / ".env").write_bytes((env + at).encode())
        self.services: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
        self._write_second_file(service)

    def _write_second_file(self, service: dict[str, Any]) -> None:
        """Write the second file: no systemd, so health checks run by hand; limits that podman may set; the variant."""
        limits = {"core": 0, "nofile": {"soft": 19000, "hard": 19000}, "nproc": {"soft": 30000, "hard": 30000}}
        network = service.pop("network", None)
        changed = {
            name: {"ulimits": limits, "healthcheck": {"disable": True}, **(service if name != "redis" else {})}
            for name in self.services
        }
        second: dict[str, Any] = {"services": changed}
        if network:
            second["networks"] = {"default": {"name": network, "external": True}}
        YAML().dump(second, self._directory / "second.yml")

    def compose(self, *arguments: str) -> None:
        """Run a compose command for the whole project, including the demo's services."""
        program = str(Path(sys.executable).with_name("podman-compose"))
        files = ["-f", "docker-compose.yml", "-f", "second.yml", "-p", self.name, "--profile", "demo"]
        done = subprocess.run(
            [program, *files, *arguments],
            cwd=self._directory,
            env=self._podman.environ,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def inside(self, name: str, *command: str) -> str:
        """Return the output of a command in the service's container, errors included."""
        return self._podman.run("exec", f"{self.name}_{name}_1", *command, check=False)

    def log(self, name: str) -> str:
        """Return the output of the service."""
        return self._podman.run("logs", f"{self.name}_{name}_1", check=False)
