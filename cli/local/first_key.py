"""Generate the first encryption key of a data directory, unless stored data still needs a lost one."""

from collections.abc import Sequence

from cli.local.data_dir import DataDir
from cli.local.embedded import EmbeddedServer
from cli.local.server_binary import find_server
from config.secrets import Keyring
from config.settings import Settings
from operations.dead_letters.store import DeadLetterStore
from operations.encryption_keys import key_usage
from operations.errors import OperatorError
from operations.format import plural
from store.client import connect


def make_first_key(data: DataDir, settings: Settings, others: Sequence[DataDir] = ()) -> None:
    """Generate the key. Raise OperatorError when chunks or dead letters here, or in `others`, need a lost key."""
    lost = sum(_encrypted(stored, settings) for stored in (data, *others) if stored.has_stored)
    if lost:
        state = "is missing" if data.key() is None else "is empty"
        needed = plural(lost, "chunk or dead letter needs", "chunks and dead letters need")
        raise OperatorError(
            f"{data.encryption_key} {state}, and {needed} the key that was in it. Restore your copy, or set "
            "RELAY_ENCRYPTION_KEY to it. Without a copy, set a new key there (relay secrets key generates one): "
            "data that needs the lost key then stays unreadable and can only be discarded."
        )
    data.make_key()


def _encrypted(data: DataDir, settings: Settings) -> int:
    """Count what a new key cannot decrypt; start the server for that, unless it is running."""
    server = EmbeddedServer.start(data, find_server().path)
    try:
        with connect(server.url) as client:
            another = Keyring.from_text(Keyring.new_key())
            return key_usage(DeadLetterStore(settings, client), another).undecryptable if another else 0
    finally:
        if not server.adopted:
            server.stop()
