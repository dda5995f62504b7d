"""Say what is wrong with TLS to a queue: its certificate, relay's own, or the files that the URL names."""

import ssl
from collections.abc import Mapping
from typing import Final

from consume.sources.interface import SourceUnavailable

_EXPIRED, _EARLY, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64
"""OpenSSL's numbers of what is wrong with a certificate."""
_AS_NAMED: Final = "write the host into `url` as the certificate has it"
_BY_CODE: Final[Mapping[int, tuple[str, str]]] = {
    _EXPIRED: ("the certificate of {place} has expired", "renew the certificate there"),
    _EARLY: ("the certificate of {place} is not valid yet", "correct the clock here, or the certificate there"),
    _WRONG_NAME: (
        "the certificate of {place} is for another name",
        _AS_NAMED,
    ),
    _WRONG_ADDRESS: (
        "the certificate of {place} is for another address",
        _AS_NAMED,
    ),
}
_UNTRUSTED: Final = (
    "the certificate of {place} is of an authority that is not trusted here",
    "put ?ca_certs=FILE with the authority's certificate at the end of `url`",
)
_OWN: Final = "put ?certfile=FILE&keyfile=FILE with a certificate that it accepts at the end of `url`"
_BY_REASON: Final[tuple[tuple[tuple[str, ...], str, str], ...]] = (
    (
        ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"),
        "{place} does not speak TLS there",
        "correct the port, which is often 5671 for TLS, or write amqp:// instead of amqps://",
    ),
    (("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE"), "{place} wants a certificate of relay", _OWN),
    (("UNEXPECTED_EOF",), "{place} ended the handshake of TLS, as it does without a certificate of relay", _OWN),
    (("ALERT",), "{place} refuses the certificate of relay", _OWN),
)


def check_files(parameters: Mapping[str, str], place: str) -> None:
    """Load the files that a URL names. Raise SourceUnavailable for one that cannot be used; no path is shown."""
    authorities, certificate, key = (parameters.get(name) for name in ("ca_certs", "certfile", "keyfile"))
    if not (authorities or certificate or key):
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if key and not certificate:
        raise SourceUnavailable(f"`url` for {place} names keyfile and no certfile", "name both")
    try:
        if authorities:
            context.load_verify_locations(authorities)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("ca_certs", place, error) from None
    try:
        if certificate:
            context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        raise _unusable("certfile or keyfile", place, error) from None


def _unusable(name: str, place: str, error: OSError) -> SourceUnavailable:
    if isinstance(error, ssl.SSLError):
        why = "its certificate and key do not fit" if error.reason == "KEY_VALUES_MISMATCH" else "it is no PEM file"
    else:
        why = error.strerror or "it cannot be read"
    return SourceUnavailable(f"the file after {name} in `url` for {place} cannot be used: {why}", "correct the file")


def tls_sentences(error: ssl.SSLError, place: str) -> tuple[str, str]:
    """Return what is wrong, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        problem, what_to_do = _BY_CODE.get(error.verify_code, _UNTRUSTED)
        return problem.format(place=place), what_to_do
    reason = error.reason or ("UNEXPECTED_EOF" if isinstance(error, ssl.SSLEOFError) else "")
    for words, problem, what_to_do in _BY_REASON:
        if any(word in reason for word in words):
            return problem.format(place=place), what_to_do
    return f"{place} cannot be reached by TLS", "see that it speaks TLS there, and the log of the server"
