"""Ways in which TLS with Redis does not come about, by the code of the diagnosis; in most, Redis itself speaks TLS."""

import ssl
from collections.abc import Callable

from cryptography.x509.oid import ExtendedKeyUsageOID
from support.refusing_redis import Ground
from support.tls import Authority

Case = Callable[[Ground], str]
"""Starts the server and returns the URL that relay is given."""

NO_CLIENTS = ("--tls-auth-clients", "no")
PROTOCOL_VERSION = b"\x15\x03\x01\x00\x02\x02\x46"
NO_COMMON_CIPHER = ("--tls-protocols", "TLSv1.2", "--tls-ciphers", "AES128-SHA256:@SECLEVEL=0")


def _other_authority(ground: Ground) -> Authority:
    folder = ground.directory / "other"
    folder.mkdir()
    return Authority(folder, "other")


CASES: dict[str, dict[str, Case]] = {
    "tls_expired": {"": lambda ground: ground.trusted(ground.real_tls(*NO_CLIENTS, expired=True))},
    "tls_not_yet_valid": {"": lambda ground: ground.trusted(ground.real_tls(*NO_CLIENTS, early=True))},
    "tls_wrong_host": {"": lambda ground: ground.trusted(ground.tls("redis.example"))},
    "tls_unknown_authority": {"": lambda ground: f"rediss://{ground.real_tls(*NO_CLIENTS)}"},
    "tls_certificate": {
        "for clients only": lambda ground: ground.trusted(
            ground.real_tls(*NO_CLIENTS, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
        ),
    },
    "tls_client_certificate": {
        "none": lambda ground: ground.trusted(ground.real_tls()),
        "none, asked for by a proxy": lambda ground: ground.trusted(ground.tls(clients=True)),
        "of another authority": lambda ground: ground.with_certificate(ground.real_tls(), _other_authority(ground)),
        "expired": lambda ground: ground.with_certificate(ground.real_tls(), ground.authority, expired=True),
        "expired, TLS 1.2": lambda ground: ground.with_certificate(
            ground.real_tls("--tls-protocols", "TLSv1.2"), ground.authority, expired=True
        ),
    },
    "tls_handshake": {
        "no client certificate, TLS 1.2": lambda ground: ground.trusted(ground.real_tls("--tls-protocols", "TLSv1.2")),
        "no common cipher": lambda ground: ground.trusted(ground.real_tls(*NO_CLIENTS, *NO_COMMON_CIPHER)),
    },
    "tls_version": {
        "": lambda ground: ground.trusted(ground.real_tls(*NO_CLIENTS, "--tls-protocols", "TLSv1.1")),
    },
    "tls_not_spoken": {"HTTP": lambda ground: f"rediss://{ground.web_server()}"},
    "tls_files": {"": lambda ground: f"rediss://{ground.tls()}?ssl_ca_certs=/no/such/file"},
    "tls_only": {
        "Redis": lambda ground: f"redis://{ground.real_tls()}",
        "a proxy": lambda ground: f"redis://{ground.tls()}",
        "what answers with an alert": lambda ground: f"redis://{ground.closing(PROTOCOL_VERSION)}",
    },
    "tls_no_answer": {"": lambda ground: ground.server().replace("redis://", "rediss://")},
    "tls_closed": {
        "maxclients": lambda ground: ground.trusted(ground.real_tls(*NO_CLIENTS, crowded=True)),
        "no server": lambda ground: f"rediss://{ground.closing()}",
    },
    "tls": {
        "another alert": lambda ground: ground.trusted(
            ground.tls(alert=ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        ),
    },
}
PASSES = {"tls_no_answer", "tls_closed"}
"""What waiting may cure."""
