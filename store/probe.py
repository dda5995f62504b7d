"""Try whether Redis can be used, by a script that writes, because every step of an event is such a script."""

from typing import Any

import redis
import redis.asyncio
from redis.exceptions import RedisError

from store.errors import Trouble
from store.permissions import NOTHING_MISSING, acl_line, missing_permissions
from store.scripts import script_text
from store.trouble import diagnose


class Probe:
    """One client's probe; safe to repeat at any rate."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._script: Any = client.register_script(script_text("probe"))

    def trouble(self) -> Trouble | None:
        """Return why Redis cannot be used now; None when it can. Permissions that are missing come as an ACL line."""
        try:
            self._script(args=[""])
        except (RedisError, OSError) as error:
            return with_acl_line(diagnose(error), self._client)
        return None


class AsyncProbe:
    """The same for an event loop."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._script: Any = client.register_script(script_text("probe"))

    async def trouble(self) -> Trouble | None:
        """Return why Redis cannot be used now; None when it can."""
        try:
            await self._script(args=[""])
        except (RedisError, OSError) as error:
            return diagnose(error)
        return None


def permission_trouble(client: redis.Redis) -> Trouble | None:
    """Return what relay's user lacks, with the line that adds it; None when nothing but INFO is missing.

    Raises RedisError where the server does not answer.
    """
    missing = missing_permissions(client)
    if missing._replace(commands=tuple(name for name in missing.commands if name != "info")) == NOTHING_MISSING:
        return None
    problem = "Redis does not permit its user what relay needs"
    return Trouble("noperm", problem, f"run on the server: {acl_line(client, missing)}", passes=False)


def with_acl_line(trouble: Trouble, client: redis.Redis) -> Trouble:
    """Return the trouble; where permissions are missing, with the one command that adds all of them."""
    if trouble.code != "noperm":
        return trouble
    try:
        found = permission_trouble(client)
    except (RedisError, OSError):
        return trouble
    return trouble if found is None else trouble._replace(what_to_do=found.what_to_do)
