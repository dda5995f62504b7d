"""RELAY_HOST: both families, several addresses, and a sentence where listening is impossible."""

import errno
import resource
import socket
from contextlib import ExitStack
from typing import Any

import pytest

from process.listening import CannotListen, allowed_connections, is_everywhere, listen, local_host

HAS_IPV6 = socket.has_ipv6 and socket.has_dualstack_ipv6()
needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")


def families(host: str) -> list[str]:
    """Return the loopback addresses that reach a process listening on `host`."""
    with ExitStack() as opened:
        listeners = [opened.enter_context(one) for one in listen(host, 0)]
        port = listeners[0].getsockname()[1]
        reached = []
        for address in ("127.0.0.1", "::1"):
            try:
                socket.create_connection((address, port), timeout=5).close()
            except OSError:
                continue
            reached.append(address)
        return reached


@needs_ipv6
@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("0.0.0.0", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("[::1]", ["::1"]),
        ("::", ["127.0.0.1", "::1"]),
        ("0.0.0.0, ::", ["127.0.0.1", "::1"]),
        ("127.0.0.1,::1", ["127.0.0.1", "::1"]),
        ("127.0.0.1,127.0.0.1", ["127.0.0.1"]),
    ],
)
def test_a_host_is_addresses_of_either_family(host: str, reached: list[str]) -> None:
    """One, several, or all."""
    assert families(host) == reached


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("no.such.host.invalid", "no.such.host.invalid is neither an address of this machine nor a name"),
        ("192.0.2.1", "this machine does not have the address 192.0.2.1; set RELAY_HOST"),
        ("http://127.0.0.1", "http://127.0.0.1 is neither an address"),
        ("127.0.0.1, 192.0.2.1", "does not have the address 192.0.2.1"),
        ("a" * 70, "is neither an address"),
        ("..", "is neither an address"),
    ],
)
def test_an_impossible_address_gets_a_sentence_with_what_to_set(host: str, says: str) -> None:
    """No socket stays open."""
    with pytest.raises(CannotListen, match=r"set RELAY_HOST") as caught:
        listen(host, 0)
    assert says in str(caught.value)
    assert not caught.value.temporary


def test_a_port_in_use_may_be_free_soon() -> None:
    """So a process that starts waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotListen, match="set RELAY_PORT") as caught:
        listen("127.0.0.1", taken.getsockname()[1])
    assert caught.value.temporary


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::1", "[::1]"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("10.0.0.1, ::1", "10.0.0.1"),
        ("relay.local", "relay.local"),
    ],
)
def test_commands_on_this_machine_know_where_it_listens(host: str, local: str) -> None:
    """As the host of a URL."""
    assert local_host(host) == local


@pytest.mark.parametrize(("host", "everywhere"), [("::", True), ("10.0.0.1,0.0.0.0", True), ("10.0.0.1", False)])
def test_hosts_that_mean_every_address(host: str, everywhere: bool) -> None:
    """For servers that take one address only."""
    assert is_everywhere(host) is everywhere


def test_connections_need_descriptors() -> None:
    """The limit of open files is raised as far as allowed; beyond it there are fewer connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        assert allowed_connections(500) == 500
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 500
        if hard != resource.RLIM_INFINITY:
            assert allowed_connections(hard * 2) < hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_everywhere_is_ipv4_where_the_kernel_has_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """The image listens on `::`; a host started with ipv6.disable=1 runs it all the same."""

    class NoIPv6(socket.socket):
        def __init__(self, family: int = -1, *args: int, **kwargs: Any) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *args, **kwargs)

    monkeypatch.setattr(socket, "socket", NoIPv6)
    assert families("::") == ["127.0.0.1"]
    assert local_host("::") == "127.0.0.1"
    with pytest.raises(CannotListen, match="this machine has no IPv6; set RELAY_HOST"):
        listen("::1", 0)
