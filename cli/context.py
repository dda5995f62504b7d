"""What a command works with: the settings, completed by what `relay up` keeps in RELAY_DATA_DIR."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from cli.local.data_dir import DataDir
from cli.local.embedded import answers, is_running
from config.errors import ConfigurationError, Problem
from config.file import load
from config.model import Configuration
from config.secrets import Keyring
from config.settings import Settings, load_settings
from operations.dead_letters.store import DeadLetterStore
from operations.errors import OperatorError
from store.client import connect

NO_REDIS = "no Redis runs here: start one with relay up, or say in RELAY_REDIS_URL where one is"
LEAST_PASSWORD = 12
"""Characters of RELAY_ADMIN_PASSWORD."""
EMPTY_KEY = (
    "is empty: put back the copy of the key; where there is none, "
    "relay up makes a new key if nothing in Redis needs the old one"
)


def settings_here() -> Settings:
    """The environment's settings; without RELAY_ENCRYPTION_KEY the key that `relay up` made, if it did.

    Raises ConfigurationError, and OperatorError where the key's file cannot be read.
    """
    return with_kept_key(load_settings())


def with_kept_key(settings: Settings) -> Settings:
    """The settings with the key that `relay up` made, where they have none. Raises as `settings_here` does."""
    data = DataDir(settings.data_dir)
    key = data.key() if settings.encryption_key is None else None
    if key is None:
        return settings
    if not key:
        raise ConfigurationError([Problem(str(data.encryption_key), None, EMPTY_KEY)])
    try:
        Keyring.from_text(key)
    except ValueError as error:
        raise ConfigurationError([Problem(str(data.encryption_key), None, str(error))]) from None
    return settings.model_copy(update={"encryption_key": SecretStr(key)})


def configuration_of(settings: Settings) -> Configuration:
    """The configuration file, read now. Raises ConfigurationError."""
    return load(settings.config, keyring=settings.keyring)


def redis_url(settings: Settings) -> str:
    """Where Redis is: RELAY_REDIS_URL, else the embedded server. OperatorError, within 3 s, when there is neither."""
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    record = DataDir(settings.data_dir).record()
    if record is None or not is_running(record.pid) or not answers(record.url):
        raise OperatorError(NO_REDIS)
    return record.url


def with_redis(settings: Settings) -> Settings:
    """The settings with `redis_url` set. OperatorError when no Redis is known."""
    return settings.model_copy(update={"redis_url": SecretStr(redis_url(settings))})


@contextmanager
def open_store() -> Iterator[DeadLetterStore]:
    """The letters of the Redis that there is here."""
    settings = settings_here()
    with connect(redis_url(settings)) as client:
        yield DeadLetterStore(settings, client)
