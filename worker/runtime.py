"""What all jobs of a worker process share: the active configuration, plans, lanes, the HTTP client."""

import random
import threading
from collections.abc import Callable
from typing import Final

from config.file import ConfigurationFile
from config.model import Configuration, Connection
from config.settings import Settings
from delivery.client import Client
from lanes.chunk import ChunkCodec
from lanes.lanes import ClaimLimits, Lanes
from lanes.settlement import DeadLetterShare, Lease
from mapping.plan import Plan, compile_plan
from operations.alerts.outage import Outage
from operations.dead_letters.retention import share_full_remedy
from operations.live.feed import LiveFeed
from operations.receipts.writer import receipt_writer
from store.client import connect
from store.clocks import own_ms
from store.records.profiles import ProfileCodec, ProfileStore, budget_of
from store.server import dead_letter_share_of
from worker.slots import Slots
from worker.steps.profiles import Profiles
from worker.steps.shared_parts import shared_parts_secret

PROBE_EVENTS: Final = 10


class Runtime:
    """The shared objects of one process, used by all of its threads."""

    def __init__(self, settings: Settings, redis_url: str) -> None:
        self.settings = settings
        self.keyring = keyring = settings.keyring
        self.file = ConfigurationFile(settings.config, keyring)
        self.codec = ChunkCodec(keyring)
        self.redis_url = redis_url
        self.client_of_redis = connect(redis_url)
        self.lanes = Lanes(self.client_of_redis)
        self._profiles_memory = settings.profiles_memory
        store = ProfileStore(connect(redis_url), ProfileCodec(keyring), settings.profiles_memory)
        self.profiles = Profiles(store)
        self.outage = Outage()
        self.client = Client(settings.tiktok_url)
        self.leases = HeldLeases()
        self.slots = Slots()
        self.stopping = threading.Event()
        """Set when the process must stop: jobs end after their current request, and no new job starts."""
        self.shared_parts_secret = shared_parts_secret(keyring)
        self.receipts = receipt_writer(settings)
        self.live = LiveFeed(redis_url)
        self.drain_directly: Callable[[str], None] | None = None
        """Drains a lane in its own thread while Celery may not write (worker/redis_outage/direct_delivery.py)."""
        self.redis_limit = 0
        """Redis's maxmemory in bytes, which the timer reads; 0 when it is unknown or not set."""
        self.own_ms: Callable[[], int] = own_ms
        """This machine's clock in Unix milliseconds, to check Redis's clock against."""
        self.random = random.SystemRandom().random
        self._plans: tuple[Configuration, dict[tuple[str, str], Plan]] | None = None

    def plan(self, connection: Connection, input_id: str, configuration: Configuration) -> Plan | None:
        """Return the connection's plan for an input, named by its id or a former one; None for an unknown input."""
        source = configuration.input_of(input_id)
        if source is None:
            return None
        plans = self._plans_of(configuration)
        key = (connection.id, source.id)
        if key not in plans:
            plans[key] = compile_plan(connection, source)
        return plans[key]

    def claim_limits(self, connection: Connection, configuration: Configuration) -> ClaimLimits:
        """Return the limits of a claim for this connection: as many events as its largest request takes."""
        plans = (self.plan(connection, input_id, configuration) for input_id in connection.inputs)
        return ClaimLimits(events=max(plan.route.max_events for plan in plans if plan), probe=PROBE_EVENTS)

    def learn_limit(self, limit: int) -> None:
        """Set Redis's maxmemory in bytes, 0 for none, and the shares that depend on it."""
        self.redis_limit = limit
        self.profiles.store.most_bytes = budget_of(self._profiles_memory, limit)

    def dead_letter_share(self, connection: Connection) -> DeadLetterShare:
        """Return how many bytes of Redis the dead letters may hold; no limit if maxmemory is unknown."""
        share = dead_letter_share_of(self.redis_limit)
        return DeadLetterShare(share, share_full_remedy(connection.id), connection.fingerprint)

    def _plans_of(self, configuration: Configuration) -> dict[tuple[str, str], Plan]:
        """Return the plans of this configuration, kept until another one is active.

        Two threads may compile the same plan at once, which is harmless.
        """
        kept = self._plans
        if kept is None or kept[0] is not configuration:
            kept = (configuration, {})
            self._plans = kept
        return kept[1]


class HeldLeases:
    """The leases that this process's jobs hold now. The timer renews them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: dict[str, Lease] = {}

    def keep(self, lease: Lease) -> None:
        """Add the lease of a running job, in place of its earlier lease on the same lane."""
        with self._lock:
            self._leases[lease.lane] = lease

    def remove(self, lease: Lease) -> None:
        """Remove a lease whose job has ended, or that could not be renewed; another job may hold the lane by now."""
        with self._lock:
            held = self._leases.get(lease.lane)
            if held is not None and held.token == lease.token:
                del self._leases[lease.lane]

    def holds(self, lease: Lease) -> bool:
        """Return whether the lease is still held: the timer removes a lease that it could not renew."""
        with self._lock:
            held = self._leases.get(lease.lane)
        return held is not None and held.token == lease.token

    def all(self) -> list[Lease]:
        """Return all leases held."""
        with self._lock:
            return list(self._leases.values())


_started: list[Runtime] = []


def start(settings: Settings) -> Runtime:
    """Create this process's runtime. Raise ConfigurationError, and LookupError when RELAY_REDIS_URL is not set."""
    if settings.redis_url is None:
        raise LookupError("RELAY_REDIS_URL is not set: set it, or start workers with relay up")
    _started[:] = [Runtime(settings, settings.redis_url.get_secret_value())]
    return _started[0]


def runtime() -> Runtime:
    """Return this process's runtime; `start` must have been called."""
    return _started[0]
