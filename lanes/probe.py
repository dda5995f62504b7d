"""Try whether Redis can be used: a script that writes, as every step of an event is one."""

from typing import Any

import redis
import redis.asyncio
from redis.exceptions import RedisError

from lanes.errors import Trouble
from lanes.permissions import NOTHING, acl_line, missing_permissions
from lanes.scripts import script_text
from lanes.trouble import diagnose


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


def with_acl_line(trouble: Trouble, client: redis.Redis) -> Trouble:
    """The trouble, and where permissions are missing the one line that adds all of them."""
    if trouble.code != "noperm":
        return trouble
    try:
        missing = missing_permissions(client)
        line = acl_line(client, missing)
    except (RedisError, OSError):
        return trouble
    return trouble if missing == NOTHING else trouble._replace(what_to_do=f"run on the server: {line}")
