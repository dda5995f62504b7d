"""A certificate authority of a test's own, and TLS in front of a server that speaks none."""

import asyncio
import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
YEAR = datetime.timedelta(days=365)


class Authority:
    """Signs certificates; `file` is what clients trust."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self.directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"relay test {name}")])
        self.file = directory / f"{name}.pem"
        made = self._builder(self._name, self._key, NOW + YEAR)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        made = made.add_extension(usage, critical=True)
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *hosts: str, expired: bool = False) -> tuple[Path, Path]:
        """A certificate for these hosts and its key, as files."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._builder(subject, key, NOW - datetime.timedelta(days=1) if expired else NOW + YEAR)
        names = [_general_name(host) for host in hosts or (name,)]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = made.add_extension(issuer, critical=False)
        certificate, secret = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        certificate.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, secret

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime.datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - YEAR)
            .not_valid_after(until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@contextmanager
def tls_in_front(
    port: int, certificate: Path, key: Path, clients: Path | None = None, host: str = "127.0.0.1"
) -> Iterator[int]:
    """TLS on a port of its own, passed on to `port` of loopback. `clients`: the authority of clients' certificates."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    proxy = _Proxy(host, port, context)
    thread = threading.Thread(target=asyncio.run, args=(proxy.serve(),), daemon=True)
    thread.start()
    assert proxy.ready.wait(30)
    try:
        yield proxy.port
    finally:
        proxy.stop()
        thread.join()


class _Proxy:
    def __init__(self, host: str, behind: int, context: ssl.SSLContext) -> None:
        self._host, self._behind, self._context = host, behind, context
        self.ready = threading.Event()
        self.port = 0

    async def serve(self) -> None:
        """Until `stop`; asyncio.run then ends what is still under way."""
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda *_: None)  # handshakes that are to fail
        async with await asyncio.start_server(self._pass_on, self._host, 0, ssl=self._context) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await self._over.wait()

    def stop(self) -> None:
        """From another thread."""
        self._loop.call_soon_threadsafe(self._over.set)

    async def _pass_on(self, outer: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            inner, forth = await asyncio.open_connection("127.0.0.1", self._behind)
            await asyncio.gather(_pass(outer, forth), _pass(inner, back))


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
    with suppress(OSError):
        target.close()
