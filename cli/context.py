"""Read what a command works with: settings, configuration, and what `relay up` keeps in RELAY_DATA_DIR."""

from pydantic import SecretStr

from cli.local.data_dir import DataDir
from cli.local.embedded import answers, is_running, works_in
from config.errors import ConfigurationError, Problem
from config.file import load
from config.model import Configuration
from config.secrets import Keyring
from config.settings import Settings, load_settings
from operations.errors import OperatorError

NO_REDIS = "No Redis is running. Start relay up, or set RELAY_REDIS_URL to the address of one."
SILENT_REDIS = (
    "The Redis of relay up, process {pid}, does not answer: see whether it is frozen or overloaded. "
    "relay up replaces it when it is started again."
)
LEAST_PASSWORD = 12
"""Least number of characters of RELAY_ADMIN_PASSWORD."""
EMPTY_KEY = (
    "is empty. Restore the key from your copy. Without a copy, run relay up: "
    "it generates a new key if nothing in Redis needs the old one"
)


def settings_here() -> Settings:
    """Return the settings of the environment; without RELAY_ENCRYPTION_KEY, with the key that `relay up` generated.

    Raise ConfigurationError, and OperatorError when the file of the key cannot be read.
    """
    return with_kept_key(load_settings())


def with_kept_key(settings: Settings) -> Settings:
    """Return the settings, with the key that `relay up` generated if they have none. Raise as `settings_here` does."""
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
    """Read the configuration file. Raise ConfigurationError."""
    return load(settings.config, keyring=settings.keyring)


def redis_url(settings: Settings) -> str:
    """Return RELAY_REDIS_URL, else the embedded server's URL. Raise OperatorError within 3 s when neither answers."""
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    data = DataDir(settings.data_dir)
    record = data.record()
    if record is None or not is_running(record.pid):
        raise OperatorError(NO_REDIS)
    if not answers(record.url):
        raise OperatorError(SILENT_REDIS.format(pid=record.pid) if works_in(record.pid, data.server) else NO_REDIS)
    return record.url


def with_redis(settings: Settings) -> Settings:
    """Return the settings with `redis_url` set. Raise OperatorError when no Redis is known."""
    return settings.model_copy(update={"redis_url": SecretStr(redis_url(settings))})
