"""Explain why TikTok is out of reach, and who must do what: DNS, network, certificates, proxies."""

import socket
import ssl
from typing import Final

import httpcore

from delivery import remedies
from delivery.proxies import Proxy
from delivery.remedies import Remedy

_EXPIRED: Final = (9, 10)
_WRONG_HOST: Final = (62, 64)


def why_out_of_reach(error: Exception, proxy: Proxy | None) -> Remedy | None:
    """Return the remedy for an error before a connection was made; None for an error after that."""
    match error:
        case httpcore.ProxyError():
            return _of_proxy(str(error), proxy)
        case httpcore.ConnectError() | httpcore.ConnectTimeout():
            return _of_connecting(next(iter(error.args), None), proxy)  # the system's error
        case _:
            return None


def _of_proxy(message: str, proxy: Proxy | None) -> Remedy:
    place = proxy.place if proxy else "the proxy"
    if message.startswith("407") or "username/password" in message or "requested" in message.lower():
        return remedies.proxy_wants_password(place)
    return remedies.proxy_refuses(place, message[:3] if message[:3].isdigit() else "SOCKS")


def _of_connecting(cause: object, proxy: Proxy | None) -> Remedy:
    match cause:
        case ssl.SSLCertVerificationError():
            return _of_certificate(cause.verify_code)
        case ssl.SSLError():
            return remedies.NO_TLS
        case _ if proxy is not None:
            return remedies.proxy_down(proxy.place)
        case socket.gaierror():
            return remedies.NO_NAME
        case ConnectionRefusedError():
            return remedies.CONNECTION_REFUSED
        case _:
            return remedies.NO_ROUTE


def _of_certificate(code: int) -> Remedy:
    if code in _EXPIRED:
        return remedies.CERTIFICATE_EXPIRED
    return remedies.CERTIFICATE_OF_ANOTHER if code in _WRONG_HOST else remedies.CERTIFICATE_UNTRUSTED
