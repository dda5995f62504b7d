"""Posting an alert never raises: what watches must go on, and a worker that ends because of Redis must end."""

import sys

import pytest

from operations.alerts.messages import redis_trouble
from operations.alerts.webhook import post
from store.errors import NO_ANSWER

NOTICE = redis_trouble(NO_ANSWER, 1_795_000_000_000)


def test_certificates_that_cannot_be_read_are_a_failed_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE names a file that is away."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/authority.pem")
    assert post("https://alerts.example/secret", NOTICE, "") == "FileNotFoundError"


def test_a_proxy_that_is_none_is_a_failed_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scheme is not one that the HTTP client knows."""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy.example:70")
    assert post("https://alerts.example/secret", NOTICE, "") == "ValueError"


def test_a_library_that_cannot_be_loaded_is_a_failed_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first alert loads it, after an upgrade perhaps."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert post("https://alerts.example/secret", NOTICE, "") == "ModuleNotFoundError"
