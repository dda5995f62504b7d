"""Check the use of Redis: permissions, a script that writes, Celery's connection, TLS."""

import redis

from cli.check.findings import Finding
from config.redis_address import RedisAddress
from store.diagnosis.permissions import NOTHING_MISSING, MissingPermissions, acl_line, missing_permissions
from store.diagnosis.probe import Probe
from store.errors import Trouble

NO_429 = "so relay does not know how full Redis is, and refuses batches (429) only when Redis is full"


def findings_of_use(client: redis.Redis, address: RedisAddress, url: str) -> list[Finding]:
    """Try everything that relay does in Redis. Raise RedisError when the server does not answer."""
    missing = missing_permissions(client)
    findings = [_permissions(client, missing)]
    if not set(missing.commands) - {"info"} and not missing.keys:
        findings.append(_writes("redis writes", "a script that writes", Probe(client).trouble()))
        findings.append(_writes("redis for Celery", "Celery's connection", _trouble_of_celery(url)))
    if address.tls is not None and not address.tls.verify:
        remedy = "Remove ssl_cert_reqs=none from RELAY_REDIS_URL, and set ssl_ca_certs to your authority's file."
        findings.append(Finding("redis TLS", "warning", "certificates are not verified: insecure", remedy))
    return findings


def _permissions(client: redis.Redis, missing: MissingPermissions) -> Finding:
    if missing == NOTHING_MISSING:
        return Finding("redis permissions", "ok", "all commands and keys that relay needs are permitted")
    remedy = f"Run on the server: {acl_line(client, missing)}"
    if missing == MissingPermissions(("info",)):
        return Finding("redis permissions", "warning", f"INFO is not permitted, {NO_429}", remedy)
    return Finding("redis permissions", "wrong", "the user lacks permissions that relay needs", remedy)


def _writes(check: str, what: str, trouble: Trouble | None) -> Finding:
    if trouble is None:
        return Finding(check, "ok", f"{what} works")
    return Finding(check, "wrong", trouble.problem, trouble.what_to_do)


def _trouble_of_celery(url: str) -> Trouble | None:
    from worker.app import app
    from worker.messaging.broker import trouble_of_celery, use_broker

    use_broker(app, url)
    return trouble_of_celery(app)
