"""Check the encryption key: whether one is set, and whether it decrypts a sample of what Redis holds."""

from contextlib import suppress

from cli.check.findings import Finding
from cli.context import redis_url
from config.settings import Settings
from operations.dead_letters.store import DeadLetterStore
from operations.encryption_keys import KeySample, sample_keys
from operations.errors import OperatorError
from operations.format import plural
from store.client import connect
from store.errors import RedisAway

CHECK = "encryption at rest"
NO_KEY = "no key is set: anyone with access to Redis can read waiting events"
SET_A_KEY = "Set RELAY_ENCRYPTION_KEY, the same for every process. relay up generates one for a server that it starts."
ADD_THE_KEY = (
    "Add the key that encrypted them to RELAY_ENCRYPTION_KEY of every process, after a comma. `relay secrets usage` "
    "counts all of them."
)


def finding_of_encryption(settings: Settings) -> Finding:
    """Report whether a key is set, and how much of a sample it does not decrypt; without Redis only the former."""
    sample = _sample(settings)
    if sample.undecryptable:
        which = "with this key" if settings.keyring else "without a key"
        some = f"{sample.undecryptable} of {plural(sample.entries, 'sampled entry', 'sampled entries')}"
        found = f"{some} (waiting events, dead letters) cannot be decrypted {which}"
        return Finding(CHECK, "wrong", found, ADD_THE_KEY)
    if settings.keyring is None:
        return Finding(CHECK, "warning", NO_KEY, SET_A_KEY)
    return Finding(CHECK, "ok", "a key is set")


def _sample(settings: Settings) -> KeySample:
    with suppress(OperatorError, RedisAway, ValueError), connect(redis_url(settings)) as client:
        return sample_keys(DeadLetterStore(settings, client), settings.keyring)
    return KeySample()
