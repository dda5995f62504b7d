"""RELAY_REDIS_URL: every documented form is read; other forms get a sentence that shows no part of the URL."""

import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.redis_address import ClusterNodes, RedisAddress, Sentinels, Socket, Tcp, Tls

RIGHT = [
    ("redis://h", RedisAddress(Tcp("h"))),
    ("redis://h/", RedisAddress(Tcp("h"))),
    ("REDIS://h:7000/3", RedisAddress(Tcp("h", 7000), 3)),
    ("redis://h?db=4", RedisAddress(Tcp("h"), 4)),
    ("redis://10.0.0.1:6380/0", RedisAddress(Tcp("10.0.0.1", 6380))),
    ("redis://[::1]:6380/1", RedisAddress(Tcp("::1", 6380), 1)),
    ("redis://:pw@h/0", RedisAddress(Tcp("h"), 0, None, "pw")),
    ("redis://u:pw@h/0", RedisAddress(Tcp("h"), 0, "u", "pw")),
    ("redis://u:p%2F%23%3F%40%25:~%20@h", RedisAddress(Tcp("h"), 0, "u", "p/#?@%:~ ")),
    ("unix:///run/redis.sock", RedisAddress(Socket("/run/redis.sock"))),
    ("unix://u:pw@/run/my%20redis.sock?db=2", RedisAddress(Socket("/run/my redis.sock"), 2, "u", "pw")),
    ("rediss://h", RedisAddress(Tcp("h"), tls=Tls())),
    ("rediss://h?ssl_cert_reqs=required", RedisAddress(Tcp("h"), tls=Tls())),
    ("rediss://h?ssl_cert_reqs=none", RedisAddress(Tcp("h"), tls=Tls(verify=False))),
    (
        "rediss://:pw@h:6380/2?ssl_ca_certs=/etc/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem",
        RedisAddress(Tcp("h", 6380), 2, None, "pw", Tls("/etc/ca.pem", "/c.pem", "/k.pem")),
    ),
    ("sentinel://a/relay", RedisAddress(Sentinels((Tcp("a", 26379),), "relay"))),
    (
        "sentinel://u:pw@a:7001,[::1],10.0.0.1:7002/my-relay/3",
        RedisAddress(Sentinels((Tcp("a", 7001), Tcp("::1", 26379), Tcp("10.0.0.1", 7002)), "my-relay"), 3, "u", "pw"),
    ),
    (
        "sentinel://a,b/relay?sentinel_username=s&sentinel_password=p%40w&db=1",
        RedisAddress(Sentinels((Tcp("a", 26379), Tcp("b", 26379)), "relay", "s", "p@w"), 1),
    ),
    (
        "sentinels://a,b/relay/0?ssl_ca_certs=/etc/ca.pem",
        RedisAddress(Sentinels((Tcp("a", 26379), Tcp("b", 26379)), "relay"), tls=Tls("/etc/ca.pem")),
    ),
    ("cluster://a", RedisAddress(ClusterNodes((Tcp("a"),)))),
    ("cluster://u:pw@a:7001,[::1]/0", RedisAddress(ClusterNodes((Tcp("a", 7001), Tcp("::1"))), 0, "u", "pw")),
    ("clusters://:pw@a?ssl_ca_certs=/ca.pem", RedisAddress(ClusterNodes((Tcp("a"),)), 0, None, "pw", Tls("/ca.pem"))),
]

ENCODE = "percent-encode"
WRONG = [
    ("hidden:6379", "must be a URL such as redis://127.0.0.1:6379/0"),
    ("http://hidden", "redis://, rediss://, unix://, sentinel://, sentinels://, cluster:// or clusters://"),
    ("redis://", "has no host"),
    ("redis:///0", "has no host"),
    ("redis://:hidden@/0", "has no host"),
    ("redis://:hid/den@h:6379/0", ENCODE),
    ("redis://u:12/hidden@h:6379/0", ENCODE),
    ("redis://:hid#den@h:6379/0", ENCODE),
    ("redis://:hid?den@h:6379/0", ENCODE),
    ("redis://:hid@den@h:6379/0", ENCODE),
    ("redis://:hid%xden@h:6379/0", ENCODE),
    ("redis://:hid den@h:6379/0", ENCODE),
    ("redis://:hiddenä@h:6379/0", ENCODE),
    ("redis://:hid\nden@h:6379/0", "must be a URL"),
    ('"redis://:hidden@h:6379/0"', "must be a URL"),
    ("redis://:hid'den@h:6379/0", ENCODE),
    ("redis://hidden@h", "a user without a password"),
    ("redis://h/hidden", "a database that is not a number"),
    ("redis://h/-1", "a database that is not a number"),
    ("redis://h/1/hidden", "a database that is not a number"),
    ("redis://h/1?db=1", "names its database twice"),
    ("redis://h?protocol=3", "may have these parameters after its ?"),
    ("redis://h?hidden", "may have these parameters"),
    ("redis://h?db=", "each once and with a value"),
    ("redis://h?db=1&db=2", "each once and with a value"),
    ("redis://h:0", "a port that is not from 1 to 65535"),
    ("redis://h:65536", "a port that is not from 1 to 65535"),
    ("redis://[hidden]", "no host"),
    ("redis://[::fffff]", "not an IPv6 address"),
    ("redis://h1,h2", "has no host"),
    ("redis://h?ssl_ca_certs=/hidden", "begins with rediss://"),
    ("rediss://h?ssl_cert_reqs=hidden", "neither required (the default) nor none"),
    ("rediss://h?ssl_cert_reqs=optional", "neither required"),
    ("rediss://h?ssl_check_hostname=false", "may have these parameters"),
    ("rediss://h?ssl_keyfile=/hidden", "ssl_keyfile without ssl_certfile"),
    ("unix://hidden/redis.sock", "a socket by its whole path"),
    ("unix://", "a socket by its whole path"),
    ("unix:///run/redis.sock?db=hidden", "a database that is not a number"),
    ("sentinel://a,b", "has no name of a primary"),
    ("sentinel://a/hid%20den", "has no name of a primary"),
    ("sentinel:///relay", "has no host"),
    ("sentinel://a,,b/relay", "has no host"),
    ("sentinel://a,b,a/relay", "names a Sentinel twice"),
    ("sentinel://a/relay/hidden", "a database that is not a number"),
    ("sentinel://a/relay?sentinel_username=hidden", "sentinel_username without sentinel_password"),
    ("sentinel://a/relay?ssl_ca_certs=/hidden", "begins with rediss://, sentinels:// or clusters://"),
    ("cluster://", "has no host"),
    ("cluster://a,,b", "has no host"),
    ("cluster://a,b,a", "names a node twice"),
    ("cluster://a/1", "names a database, and a cluster has none but 0"),
    ("cluster://a?ssl_ca_certs=/hidden", "begins with rediss://, sentinels:// or clusters://"),
    ("redis://a?sentinel_password=hidden", "may have these parameters after its ?"),
]


@pytest.mark.parametrize(("text", "address"), RIGHT, ids=[text for text, _ in RIGHT])
def test_every_documented_form_is_read(text: str, address: RedisAddress) -> None:
    """Place, database, user, password and TLS."""
    assert RedisAddress.parse(text) == address


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[repr(text) for text, _ in WRONG])
def test_every_other_form_is_refused_in_a_sentence(text: str, words: str) -> None:
    """The sentence says what is allowed and shows no part of the URL."""
    with pytest.raises(ValueError, match=r"^(must|has|may|names) ") as refused:
        RedisAddress.parse(text)
    assert words in str(refused.value)
    assert not any(part in str(refused.value) for part in ("hid", "den@"))


@given(st.text(min_size=1, max_size=40))
@example("/#?@%:")
def test_a_password_is_never_shown(password: str) -> None:
    """A password that is not encoded is used as written or refused, and never shown."""
    secret = f"{password}S3CRET"
    shown = ""
    try:
        address = RedisAddress.parse(f"redis://:{secret}@redis.example:6379/0")
        assert address.place == Tcp("redis.example", 6379)
        shown = f"{address!r} {address}"
    except ValueError as error:
        shown = "".join(traceback.format_exception(error))
    assert "S3CRET" not in shown.replace("{password}S3CRET", "")
