"""HAProxy in front of cells: its configuration, which `deploy/proxies/haproxy.cfg` has too, and how it is run."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cli.local.supervisor import Program

STOP_S: Final = 10.0

_HEAD: Final = """\
global
    maxconn 2000
    # A request that fits is kept until it is answered, and goes to another cell if need be: 1 MiB, the largest batch.
    tune.bufsize 1114112

defaults
    mode http
    timeout connect 500ms
    timeout client 75s
    timeout server 60s
    timeout http-request 75s
    option forwardfor

# Names such as ingest-a are asked again, because the address behind them may change.
resolvers system
    parse-resolv-conf

frontend senders
"""
_SENDERS: Final = """\
    # A host name for each cell, such as a.relay.example, leads to its console and its metrics.
    acl names_a_cell req.hdr(host) -m beg CELLS
    http-request return status 404 content-type text/plain string "Use the host name of a cell.\\n" \
if { path_beg /console /metrics } !names_a_cell
"""
_CELLS: Final = """\
    default_backend cells

backend cells
    balance roundrobin # with profile or enrich_ip_address: docs/cells.md says how
    # Repeating a request is safe, also one that a cell has taken: event ids are the same, and TikTok counts each once.
    option http-buffer-request
    retries 3
    option redispatch 1
    retry-on all-retryable-errors
    # A cell answers within 3 s; a larger request may take longer to arrive there.
    http-request set-timeout server 5s if { req.hdr_val(content-length) 1:1048576 }
    option httpchk GET /health/ready
    timeout check 2s # a busy cell is not a dead one
    default-server inter 500ms fastinter 100ms downinter 200ms fall 2 rise 1 init-addr libc,none resolvers system
    default-server observe layer4 error-limit 1 on-error mark-down
"""
_ANYWAY: Final = """\
    # While all cells count as down: one of them may be back already.
    option allbackups
"""


def balancer_settings(binds: Sequence[str], cells: Mapping[str, str]) -> str:
    """Return HAProxy's configuration: what it listens on, and the address of each cell's ingest."""
    beginnings = " ".join(f"{name}." for name in cells)
    return "".join(
        (
            _HEAD,
            *(f"    bind {bind}\n" for bind in binds),
            _SENDERS.replace("CELLS", beginnings),
            *(f"    use_backend {name} if {{ req.hdr(host) -m beg {name}. }}\n" for name in cells),
            _CELLS,
            *(f"    server {name} {address} check\n" for name, address in cells.items()),
            _ANYWAY,
            *(f"    server {name}-anyway {address} backup\n" for name, address in cells.items()),
            *(
                f"\nbackend {name}\n    server {name} {address} init-addr libc,none resolvers system\n"
                for name, address in cells.items()
            ),
        )
    )


def balancer_program(settings: Path) -> Program | None:
    """Return HAProxy with this file; None where it is not installed."""
    haproxy = shutil.which("haproxy", path="/usr/local/sbin:/usr/sbin:/sbin") or shutil.which("haproxy")
    if haproxy is None:
        return None
    # HAProxy does not watch its standard input, as relay's own processes do.
    with_parent = shutil.which("setpriv")
    before = [with_parent, "--pdeathsig", "TERM"] if with_parent else []
    return Program("haproxy", [*before, haproxy, "-db", "-f", str(settings)], STOP_S)
