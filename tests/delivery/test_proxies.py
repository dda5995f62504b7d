"""The proxy, exceptions and certificates that the environment names, and the errors for wrong values."""

from pathlib import Path

import pytest

from config.errors import ConfigurationError
from delivery.proxies import certificates, proxy_settings_for

TIKTOK = "https://business-api.tiktok.com"
PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"https_proxy": "http://small:1", "HTTPS_PROXY": "http://large:1"}, "http://small:1"),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "http://proxy.example"}, "http://proxy.example:80"),
        ({"HTTPS_PROXY": "https://proxy.example"}, "https://proxy.example:443"),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:3128/"}, "http://[2001:db8::1]:3128"),
        ({"ALL_PROXY": "socks5://proxy.example"}, "socks5://proxy.example:1080"),
        ({"ALL_PROXY": "socks5h://proxy.example:9"}, "socks5h://proxy.example:9"),
        ({"HTTP_PROXY": "http://proxy.example:3128"}, None),
        ({"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "http://b:1"}, "http://a:1"),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(environ: dict[str, str], url: str | None) -> None:
    """Lower case counts before capitals, HTTPS_PROXY before ALL_PROXY; HTTP_PROXY is for http://."""
    proxy = proxy_settings_for(TIKTOK, environ).proxy
    assert (proxy.url if proxy else None) == url


def test_credentials_are_read_and_never_shown() -> None:
    """They are percent-encoded, as in any URL."""
    proxy = proxy_settings_for(TIKTOK, {"HTTPS_PROXY": "http://us%40er:p%2Fass@proxy.example:3128"}).proxy
    assert proxy is not None
    assert proxy.auth == ("us@er", "p/ass")
    assert (proxy.url, proxy.place) == ("http://proxy.example:3128", "proxy.example:3128")
    assert "ass" not in repr(proxy)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://p:1",
        "socks4://p:1",
        "http://",
        "http://p:99999",
        "http://[::1",
        "http://hunter2@:3128",
        "http://p:hunter2",
    ],
)
def test_an_invalid_proxy_is_refused_without_quoting_it(text: str) -> None:
    """It may contain a password."""
    with pytest.raises(ConfigurationError) as refused:
        proxy_settings_for(TIKTOK, {"HTTPS_PROXY": text})
    [problem] = refused.value.problems
    assert problem.file == "HTTPS_PROXY"
    assert "such as http://proxy.example:3128" in problem.message
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("entries", "excepted", "ignored"),
    [
        ("*", True, ()),
        ("business-api.tiktok.com", True, ()),
        ("tiktok.com", True, ()),
        (".tiktok.com", True, ()),
        ("*.tiktok.com", True, ()),
        ("TikTok.com", True, ()),
        ("tiktok.com:443", True, ()),
        ("tiktok.com:8443", False, ()),
        ("notiktok.com", False, ()),
        ("ok.com", False, ()),
        ("localhost, 127.0.0.1,::1,10.0.0.0/8 fd00::/8", False, ()),
        ("[::1],[::x", False, ("[::x",)),
        ("http://tiktok.com", False, ("http://tiktok.com",)),
        ("tiktok.com/x,tiktok.com", True, ("tiktok.com/x",)),
        (",, ,", False, ()),
    ],
)
def test_no_proxy_excepts_hosts_although_other_entries_are_invalid(
    entries: str, excepted: bool, ignored: tuple[str, ...]
) -> None:
    """Hosts, domains, addresses and networks count; invalid entries are reported."""
    way = proxy_settings_for(TIKTOK, {**PROXY, "NO_PROXY": entries})
    assert ((way.proxy is None), way.ignored) == (excepted, ignored)


@pytest.mark.parametrize(
    ("url", "entries", "excepted"),
    [
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://11.1.2.3", "10.0.0.0/8", False),
        ("https://[fd00::1]", "fd00::/8", True),
    ],
)
def test_no_proxy_excepts_addresses_by_their_network(url: str, entries: str, excepted: bool) -> None:
    """As curl does."""
    assert (proxy_settings_for(url, {**PROXY, "NO_PROXY": entries}).proxy is None) == excepted


@pytest.mark.parametrize("url", ["http://127.0.0.1:8090", "http://localhost:1", "http://x.localhost", "https://[::1]"])
def test_a_loopback_address_is_reached_without_a_proxy(url: str) -> None:
    """The sandbox's token must not reach a proxy; not even an invalid proxy is read."""
    assert (
        proxy_settings_for(
            url, {"HTTPS_PROXY": "nonsense://", "HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}
        ).proxy
        is None
    )


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the variable and the cause."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE: must name a file of certificates in PEM form"):
        certificates()
