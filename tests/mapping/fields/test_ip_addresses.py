"""Rows E4 and I1: only public addresses, chosen by the settings (C9)."""

import json

import pytest

from mapping.fields.ip import public_ip
from mapping.profiles.values import Filling
from mapping.results import OmitField

PUBLIC = [
    *("8.8.8.8", "203.0.113.9", "198.51.100.1", "192.0.2.1", "100.63.255.255", "100.128.0.0", "172.15.0.1"),
    *("172.32.0.1", "9.255.255.255", "11.0.0.0", "223.255.255.255", "2001:db8::1", "2a00:1450:4001::200e"),
    "2A00:1450:4001:0000:0000:0000:0000:200E",
]
NOT_PUBLIC = [
    *("10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "169.254.1.1"),
    *("100.64.0.0", "100.127.255.255", "224.0.0.1", "239.255.255.255", "0.0.0.0", "255.255.255.255"),
    *("::", "::1", "fc00::1", "fdff::1", "fe80::1", "fe80::1%eth0", "2001:db8::1%eth0", "febf::1", "ff02::1"),
    "::ffff:10.0.0.1",
]
NO_ADDRESS = [
    *("1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4:80", "[2001:db8::1]", "unknown", "1.2.3.4, 5.6.7.8"),
    *(16909060, True, [], {}),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_sent_as_it_is(address):
    """E4: documentation ranges count as public."""
    assert public_ip(f" {address} ") == address


@pytest.mark.parametrize("address", [*NOT_PUBLIC, *NO_ADDRESS], ids=str)
def test_other_addresses_are_left_out(address):
    """E4: addresses of the explicit list, and text that is no address."""
    assert isinstance(public_ip(address), OmitField)


def test_ipv4_inside_ipv6_is_ipv4():
    """A dual-stack server writes an IPv4 address like this."""
    assert public_ip("::ffff:203.0.113.9") == "203.0.113.9"


OWN, REMEMBERED, PEER = "203.0.113.1", "203.0.113.2", "203.0.113.3"
CHOICES = [
    ("C9 off: own", {}, "web", OWN, OWN),
    ("C9 off: nothing else", {}, "web", None, None),
    ("C9 off: nothing instead of a private one", {}, "web", "10.0.0.1", None),
    ("I1 on: own first", {"enrich_ip_address": True}, "web", OWN, OWN),
    ("I1 on: remembered", {"enrich_ip_address": True}, "web", None, REMEMBERED),
    ("I1 on: remembered instead of a private one", {"enrich_ip_address": True}, "web", "10.0.0.1", REMEMBERED),
    ("I1 fallback: own first", {"peer_ip_fallback": True}, "web", OWN, OWN),
    ("I1 fallback: the sender's", {"peer_ip_fallback": True}, "web", None, PEER),
    ("I1 fallback: the sender's, app", {"peer_ip_fallback": True}, "android", None, PEER),
    ("I1 fallback: never for feeds", {"peer_ip_fallback": True}, "feed", None, None),
    (
        "I1 both: remembered before the sender's",
        {"peer_ip_fallback": True, "enrich_ip_address": True},
        "web",
        None,
        REMEMBERED,
    ),
]


@pytest.mark.parametrize(
    ("settings", "platform", "own", "expected"), [case[1:] for case in CHOICES], ids=[case[0] for case in CHOICES]
)
def test_address_is_chosen_by_the_settings(bench, at, settings, platform, own, expected):
    """I1, C9: the batch's own address, else one that the settings allow, with a note."""
    plan = bench.plan(platform=platform, event_source_type="web", **settings)
    batch = {"ip": own, "events": [bench.purchase()]}
    [[result]] = bench.results(plan, batch, peer_ip=PEER, filling=Filling((("ip", REMEMBERED),)))
    assert at(_body(result), "user.ip") == expected
    assert bool(result.notes) is (expected != own)


def test_private_sender_is_no_fallback(bench, at):
    """I1: a load balancer's own address identifies no user."""
    plan = bench.plan(peer_ip_fallback=True)
    [[result]] = bench.results(plan, {"events": [bench.purchase()]}, peer_ip="10.0.0.9")
    assert at(_body(result), "user.ip") is None


def _body(result):
    return json.loads(result.body)
