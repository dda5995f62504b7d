"""The demo's environment: a temporary directory, a configuration, ports and programs."""

import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from cli.local.data_dir import DataDir, ServerRecord
from cli.local.local_stack import ingest_program, sandbox_program, worker_programs
from cli.local.supervisor import Program
from config.file import load
from config.model import Configuration
from config.secrets import Keyring

WEB_SOURCE: Final = "CUSG5HBC77UD11VVRQEG"

CONFIGURATION: Final = f"""\
inputs:
  - {{id: web, platform: web, api_key: demo-web-key, api_secret: demo-web-secret}}
  - {{id: ios, platform: ios, api_key: demo-ios-key, api_secret: demo-ios-secret}}

connections:
  - id: shop-web
    inputs: [web]
    access_token: demo-token
    event_source_id: {WEB_SOURCE}
    enable_web_migration: true
    default_region: US
    native_events: {{purchase: CompletePayment}}
    custom_mappings:
      - tiktok_event: Search
        match: {{event_type: custom_event, name: Site Search}}
        parameters:
          query: {{attribute: term, required: true}}

  - id: shop-legacy
    inputs: [web]
    access_token: demo-token
    event_source_id: C4LEGACY4PIXEL4OF4SHOP

  - id: shop-app
    inputs: [ios]
    access_token: demo-token
    event_source_id: "7123456789012345678"
    native_events: {{purchase: Purchase}}
"""


class DemoEnvironment(NamedTuple):
    """The paths, addresses and settings of one demo."""

    data: DataDir
    configuration: Configuration
    environ: Mapping[str, str]
    redis_url: str
    ingest_url: str
    sandbox_url: str

    @property
    def keyring(self) -> Keyring | None:
        """The encryption key that the demo generated."""
        key = self.data.key()
        return None if key is None else Keyring.from_text(key)

    @property
    def programs(self) -> list[list[Program]]:
        """The programs, in the order in which they stop."""
        return [[ingest_program()], worker_programs(1), [sandbox_program()]]


def make_environment(directory: Path) -> DemoEnvironment:
    """Write the files, choose ports and passwords. No `RELAY_…` variable of the caller is used."""
    file = directory / "relay.yaml"
    file.write_text(CONFIGURATION)
    data = DataDir(directory / "data")
    data.make()
    data.make_key()
    redis_port, ingest_port, sandbox_port = _free_ports(3)
    redis_url = f"redis://:{secrets.token_urlsafe(16)}@127.0.0.1:{redis_port}/0"
    data.write_record(ServerRecord(redis_url, 0))  # a starting server takes this address
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")} | {
        "RELAY_CONFIG": str(file),
        "RELAY_DATA_DIR": str(data.path),
        "RELAY_HOST": "127.0.0.1",
        "RELAY_PORT": str(ingest_port),
        "RELAY_REDIS_URL": redis_url,  # explicit: a file of secrets on the host could name another
        "RELAY_SANDBOX_PORT": str(sandbox_port),
        "RELAY_TIKTOK_URL": f"http://127.0.0.1:{sandbox_port}",
    }
    return DemoEnvironment(
        data,
        load(file, environ),
        environ,
        redis_url,
        f"http://127.0.0.1:{ingest_port}",
        f"http://127.0.0.1:{sandbox_port}",
    )


def _free_ports(count: int) -> list[int]:
    """Return different loopback ports on which nothing listens."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]
