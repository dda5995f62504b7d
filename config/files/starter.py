"""Write the first configuration: a commented `relay.yaml`, `.env` and a first case, from a few answers."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from config.model import Platform
from config.reading.readers import scalar
from config.reading.records import KeyRow
from config.reading.schema import connection_record
from config.secrets import Keyring
from config.vocabulary import APP_NAMES, APP_PAYMENT, WEB_PAYMENT

SCHEMA_FILE: Final = "relay.schema.json"
CASE_FILE: Final = "cases.yaml"
EDITOR_LINE: Final = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""The line by which editors find the schema file beside the configuration."""

_CHOSEN: Final = ("id", "inputs", "access_token", "event_source_id")
_COMMENT_COLUMN: Final = 48
_LINK: Final = re.compile(r"\[[^]]*\]\(([^)]*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The operator's answers; `token` is empty if there is none yet."""

    platform: Platform
    event_source_id: str
    token: str
    default_region: str

    @property
    def prefix(self) -> str:
        """Prefix of the variables that hold the input's credentials."""
        return self.platform.upper()


def starter_yaml(answers: Answers) -> str:
    """Return a file that loads with the variables of `starter_env`; every other setting is in it as a comment."""
    chosen = dict(_chosen_settings(answers))
    rows = connection_record(scalar, ()).rows
    lines = [
        EDITOR_LINE,
        "# The configuration of relay. A changed file is used within 2 seconds; a file with errors is refused.",
        "# api_key, api_secret, access_token and the url of a source: ${NAME} (an environment variable or a line of",
        "# .env), file:/run/secrets/name, or enc:… from `relay secrets encrypt`.",
        "",
        "# Inputs: one entry for each mParticle input that sends batches.",
        "inputs:",
        f"  - id: {answers.platform}",
        f"    platform: {answers.platform} # web | ios | android | feed",
        f"    api_key: ${{{answers.prefix}_KEY}}",
        f"    api_secret: ${{{answers.prefix}_SECRET}}",
        "",
        "# Connections: one entry for each pixel, app or Offline Event Set at TikTok.",
        "connections:",
        f"  - id: shop-{answers.platform}",
        f"    inputs: [{answers.platform}]",
        "    access_token: ${TIKTOK_TOKEN}",
        f"    event_source_id: {answers.event_source_id} # a Pixel ID, App ID or Offline Event Set ID",
        *(_commented(f"    {key}: {value}", rows[key].meaning) for key, value in chosen.items()),
        "",
        "    # All further settings are optional. A value that is shown is the default.",
        *_defaults(rows, {*_CHOSEN, *chosen}),
    ]
    return "\n".join(lines) + "\n"


def starter_cases(answers: Answers) -> str:
    """Return a first case for `relay test`: what a purchase becomes under `starter_yaml`."""
    event = APP_PAYMENT if answers.platform in ("ios", "android") else WEB_PAYMENT
    return f"""\
# Cases for `relay test cases.yaml`: a batch, a connection, and what must come out. Only what is named is compared.
cases:
  - name: a purchase becomes {event}
    connection: shop-{answers.platform}
    batch:
      user_identities: {{email: jane@shop.example}}
      application_info: {{package: com.example.shop}}
      events:
        - event_type: commerce_event
          data:
            source_message_id: order-1
            currency_code: USD
            custom_flags: {{TikTok.URL: "https://shop.example/thanks"}}
            product_action:
              action: purchase
              total_amount: 59.97
              products: [{{id: sku-1, price: 19.99, quantity: 3}}]
    expect:
      events:
        - event: {event}
          fields:
            properties.value: 59.97
            properties.currency: USD
            user.email[0]: {{sha256: jane@shop.example}}
"""


def starter_env(answers: Answers, former_keys: str = "") -> str:
    """Return the `.env` with the secrets that `starter_yaml` refers to; each call generates new keys.

    `former_keys` are the encryption keys of the file that this one replaces: they stay behind the new key.
    """
    encryption_keys = ",".join(filter(None, (Keyring.new_key(), former_keys)))
    return (
        "# Secrets of relay. Keep this file out of version control. relay and docker compose read it.\n"
        f"# Key and secret with which senders authenticate as the input {answers.platform}.\n"
        f"{answers.prefix}_KEY={secrets.token_hex(16)}\n"
        f"{answers.prefix}_SECRET={secrets.token_hex(24)}\n"
        "# Access token of TikTok's Events API.\n"
        f"TIKTOK_TOKEN={answers.token}\n"
        "# Encrypts waiting events and dead letters in Redis. Keep a copy: without the key they are lost.\n"
        f"RELAY_ENCRYPTION_KEY={encryption_keys}\n"
        "# Password of the console, at /console of ingest.\n"
        f"RELAY_ADMIN_PASSWORD={secrets.token_urlsafe(18)}\n"
        "# For docker compose only: passwords of Redis and Flower, and the folder of relay.yaml.\n"
        f"REDIS_PASSWORD={secrets.token_hex(24)}\n"
        f"FLOWER_PASSWORD={secrets.token_hex(24)}\n"
        "RELAY_CONFIG_DIR=.\n"
    )


def _chosen_settings(answers: Answers) -> Iterator[tuple[str, str]]:
    """Yield the settings that suit this platform better than the defaults."""
    if answers.platform == "web":
        yield "enable_web_migration", "true"
    if answers.platform == "feed":
        yield "event_source_type", "web"
    if answers.default_region:
        yield "default_region", answers.default_region
    if answers.platform in ("ios", "android"):
        yield "native_events", f"{{purchase: {APP_PAYMENT}, checkout: {APP_NAMES['InitiateCheckout']}}}"
    else:
        yield "native_events", f"{{purchase: {WEB_PAYMENT}}}"


def _defaults(rows: Mapping[str, KeyRow], without: set[str]) -> Iterator[str]:
    for key, row in rows.items():
        if key not in without:
            yield _commented(f"    # {key}: {row.default or ''}".rstrip(), row.meaning)


def _commented(setting: str, meaning: str) -> str:
    plain = _LINK.sub(r"docs/\1", meaning)
    return f"{setting:<{_COMMENT_COLUMN}} # {plain}"
