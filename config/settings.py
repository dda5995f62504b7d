"""Read the settings: `RELAY_…` variables, each of which may also come from a Docker secret file."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from config import urls
from config.errors import ConfigurationError, Problem
from config.files.small_file import read_small
from config.secrets import Keyring
from config.values import clean_value

PREFIX = "RELAY_"
SECRET_FILES = Path("/run/secrets")
NEVER_IN_A_FILE: Final = {"relay_config": "the path of the configuration file belongs in RELAY_CONFIG itself"}
"""Settings without a `_FILE` variable: the file's content would be used as the path of the configuration."""

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Port = Annotated[int, Field(ge=1, le=65535)]

_SIZE = re.compile(r"(\d{1,15}) ?(B|KiB|MiB|GiB)?", re.ASCII)
_UNIT = {None: 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class _Unusable(NamedTuple):
    """Replaces a value that could not be read, until validation reports it with the other problems."""

    why: str


def _usable(value: object) -> object:
    if isinstance(value, _Unusable):
        raise ValueError(value.why)  # noqa: TRY004 - pydantic reports only a ValueError
    return value


def _encryption_key(secret: SecretStr) -> SecretStr:
    Keyring.from_text(secret.get_secret_value())
    return secret


def _size(value: object) -> object:
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(match[1]) * _UNIT[match[2]] if match else value


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_network(part, number) for number, part in enumerate(re.split(r"[\s,]+", value.strip()), 1) if part)


def _network(text: str, number: int) -> IPNetwork:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(
            f"must be IP addresses and networks with commas between them; number {number} of them is neither"
        ) from None


class Settings(BaseSettings):
    """The settings of a process; field `x` comes from RELAY_X or the file in RELAY_X_FILE, else /run/secrets/relay_x.

    `max_request_bytes` counts bytes after decompression. A refusal quotes the description as what is allowed.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    config: Path = Field(
        title="Path of the configuration file.",
        default=Path("relay.yaml"),
        description="the path of the configuration file",
    )
    redis_url: Annotated[SecretStr | None, AfterValidator(lambda v: v and urls.redis_url(v))] = Field(
        title="Redis or Valkey server. Without it, `relay up` runs one of its own.",
        default=None,
        description="a URL such as redis://127.0.0.1:6379/0",
    )
    replicas: int = Field(
        title="Replicas of Redis that must have a request's events on their disks before it is answered 202.",
        default=0,
        ge=0,
        le=9,
        description="a whole number from 0 to 9",
    )
    durability: Literal["disk", "memories", "disks", "provider"] | None = Field(
        title="The least that a 202 must mean ([values](two-disks.md#what-a-202-means)).",
        default=None,
        description="disk, memories, disks or provider",
    )
    cell: str = Field(
        title="Name of this cell: a label of every metric, and in status and alerts ([cells](cells.md)).",
        default="",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$|^$",
        description="a name such as a or eu-1: A to Z, a to z, 0 to 9, then also _ . and -, at most 63 characters",
    )
    tiktok_url: Annotated[str, AfterValidator(urls.tiktok_url)] = Field(
        title="Scheme and host of TikTok's Events API, or of the sandbox.",
        default="https://business-api.tiktok.com",
        description="a URL such as https://business-api.tiktok.com",
    )
    host: str = Field(
        title="Addresses that ingest listens on, with commas; `::` is all of both families.",
        default="127.0.0.1",
        description="where to listen: 127.0.0.1, 0.0.0.0, :: (both families), or several with commas",
    )
    port: Port = Field(title="Port that ingest listens on.", default=8080, description="a port from 1 to 65535")
    sandbox_port: Port = Field(
        title="Port that the sandbox listens on.", default=8090, description="a port from 1 to 65535"
    )
    data_dir: Path = Field(
        title="Directory of what `relay up` keeps: its server's data, the encryption key.",
        default=Path(".relay"),
        description="the path of a directory",
    )
    encryption_key: Annotated[SecretStr | None, AfterValidator(lambda v: v and _encryption_key(v))] = Field(
        title="Encrypts the backlog, dead letters and profiles in Redis.",
        default=None,
        description="Fernet keys with commas between them, newest first (make one with: relay secrets key)",
    )
    admin_password: SecretStr | None = Field(
        title="Opens the console. Without it there is no console.", default=None, description="text"
    )
    metrics_token: SecretStr | None = Field(
        title="Bearer token that `GET /metrics` requires.", default=None, description="text"
    )
    alert_webhook: Annotated[SecretStr | None, AfterValidator(lambda v: v and urls.webhook_url(v))] = Field(
        title="Where workers post alerts.", default=None, description="a URL such as https://hooks.slack.com/services/…"
    )
    alert_dead_letters_per_hour: int = Field(
        title="Dead letters in an hour that raise an alert.",
        default=100,
        ge=0,
        description="a whole number; 0 means that dead letters raise no alert",
    )
    log_format: Literal["text", "json"] = Field(
        title="Format of log lines.", default="text", description="text or json"
    )
    max_request_bytes: Annotated[int, BeforeValidator(_size), Field(ge=1024, le=1 << 30)] = Field(
        title="Largest request after decompression.",
        default=4 << 20,
        description="a size from 1KiB to 1GiB, such as 4MiB or 4194304",
    )
    receipts_memory: Annotated[int, BeforeValidator(_size), Field(ge=0, le=1 << 40)] = Field(
        title="Memory of Redis for receipts, the oldest of which are removed; 0 keeps none.",
        default=64 << 20,
        description="a size such as 64MiB; 0 means that no receipts are kept",
    )
    archive: Annotated[str | None, AfterValidator(lambda v: v and urls.archive_url(v))] = Field(
        title="Where receipts are kept for longer, as Parquet files ([archive](archive.md)). Without it, nowhere.",
        default=None,
        description="a URL such as s3://bucket/path",
    )
    archive_memory: Annotated[int, BeforeValidator(_size), Field(ge=1 << 20, le=1 << 40)] = Field(
        title="Memory of Redis for receipts that wait for the archive; beyond it the oldest are removed unwritten.",
        default=64 << 20,
        description="a size of at least 1MiB, such as 64MiB",
    )
    archive_days: int = Field(
        title="Days after which workers remove files of the archive; 0 keeps them.",
        default=400,
        ge=0,
        le=36_500,
        description="a whole number of days up to 36500; 0 means that files are kept",
    )
    profiles_memory: Annotated[int, BeforeValidator(_size), Field(ge=0, le=1 << 40)] = Field(
        title="Memory of Redis for [profiles](profiles.md), the least recently used of which are removed; "
        "at most a quarter of `maxmemory`.",
        default=64 << 20,
        description="a size such as 64MiB; 0 means that no profiles are kept",
    )
    max_connections: int = Field(
        title="Connections that one ingest holds; beyond it the one that waits longest is closed.",
        default=1000,
        ge=10,
        le=100_000,
        description="a whole number from 10 to 100000",
    )
    keep_alive: float = Field(
        title="Seconds that ingest keeps an idle connection open.",
        default=75.0,
        ge=1,
        le=3600,
        description="seconds from 1 to 3600",
    )
    trusted_proxies: Annotated[tuple[IPNetwork, ...], NoDecode, BeforeValidator(_networks)] = Field(
        title="Proxies whose `X-Forwarded-For` is believed.",
        default=(),
        description="IP addresses and networks with commas between them, such as 10.0.0.0/8",
    )

    _readable = field_validator("*", mode="before")(_usable)

    @property
    def keyring(self) -> Keyring | None:
        """The keys for encryption at rest; None when none is set."""
        return Keyring.from_text(self.encryption_key.get_secret_value()) if self.encryption_key else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings  # no .env file is read; SecretFiles also follows RELAY_X_FILE
        return init_settings, SecretFiles(settings_cls, getattr(env_settings, "env_vars", {})), env_settings


class SecretFiles(PydanticBaseSettingsSource):
    """Reads a setting from the file RELAY_X_FILE names, else from /run/secrets/relay_x when Docker put one there."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str | None]) -> None:
        """`environ` has its names in lower case, as pydantic-settings reads them."""
        super().__init__(settings_cls)
        self._environ = environ

    def get_field_value(self, field: object, field_name: str) -> tuple[Any, str, bool]:
        del field  # where a setting comes from depends on its name only
        return self._value(f"{PREFIX}{field_name}".lower()), field_name, False

    def _value(self, name: str) -> str | _Unusable | None:
        in_environment, file = self._environ.get(name), self._environ.get(f"{name}_file")
        if file and name in NEVER_IN_A_FILE:
            return _Unusable(f"{name.upper()}_FILE is no setting: {NEVER_IN_A_FILE[name]}")
        if in_environment and file:
            return _Unusable(f"is set, and so is {name.upper()}_FILE: set one of them")
        if file:
            return _content(Path(file), f"{name.upper()}_FILE")
        default = SECRET_FILES / name
        if in_environment:
            return _cleaned(in_environment) or _Unusable("has nothing in it but white space")
        return _content(default, str(default)) if default.is_file() else None

    def __call__(self) -> dict[str, Any]:
        values = ((name, self.get_field_value(None, name)[0]) for name in self.settings_cls.model_fields)
        return {name: value for name, value in values if value not in (None, "")}


def _content(path: Path, named_by: str) -> str | _Unusable:
    try:
        text = read_small(path).decode()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "not UTF-8 text"
        return _Unusable(f"cannot be read from the file in {named_by}: {why}")
    return _cleaned(text)


def _cleaned(text: str) -> str | _Unusable:
    try:
        return clean_value(text)
    except ValueError as error:
        return _Unusable(str(error))


def load_settings() -> Settings:
    """Return the settings. Raise ConfigurationError with one problem per variable; messages quote no value."""
    try:
        return Settings()
    except ValidationError as error:
        fields = {str(problem["loc"][0]): problem for problem in reversed(error.errors(include_input=False))}
        problems = [Problem(PREFIX + name.upper(), None, _message(name, problem)) for name, problem in fields.items()]
    raise ConfigurationError(reversed(problems))


def _message(name: str, problem: Mapping[str, Any]) -> str:
    own = problem.get("ctx", {}).get("error")
    return str(own) if isinstance(own, ValueError) else f"must be {Settings.model_fields[name].description}"
