"""Name why TikTok is out of reach, and who must do what: DNS, network, certificates, proxies."""

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
    """Return what keeps a request from reaching TikTok; None for trouble after the connection was made."""
    match error:
        case httpcore.ProxyError():
            return _of_proxy(str(error), proxy)
        case httpcore.ConnectError() | httpcore.ConnectTimeout():
            return _of_connecting(next(iter(error.args), None), proxy)  # httpcore hands the system's own error along
        case _:
            return None


def _of_proxy(said: str, proxy: Proxy | None) -> Remedy:
    place = proxy.place if proxy else "the proxy"
    if said.startswith("407") or "username/password" in said or "requested" in said.lower():
        return remedies.proxy_wants_password(place)
    return remedies.proxy_refuses(place, said[:3] if said[:3].isdigit() else "SOCKS")


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
