"""Make an encryption key on a data directory that has none, unless something there still needs the former one."""

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


def make_first_key(data: DataDir, settings: Settings) -> None:
    """Make the key. Raise OperatorError where chunks or dead letters here were encrypted with a key that is gone."""
    if data.has_stored and (lost := _encrypted(data, settings)):
        state = "is missing" if data.key() is None else "is empty"
        needed = plural(lost, "chunk or dead letter needs", "chunks and dead letters need")
        raise OperatorError(
            f"{data.encryption_key} {state}, and {needed} the key that was in it: put back your copy, or set "
            "RELAY_ENCRYPTION_KEY to it. If there is no copy, set a new key there (relay secrets key makes one); "
            "what needs the former one then waits, and can only be discarded"
        )
    data.make_key()


def _encrypted(data: DataDir, settings: Settings) -> int:
    """Count what a new key could not decrypt; the server runs for that long, or goes on if it ran already."""
    server = EmbeddedServer.start(data, find_server().path)
    try:
        with connect(server.url) as client:
            another = Keyring.from_text(Keyring.new_key())
            return key_usage(DeadLetterStore(settings, client), another).undecryptable if another else 0
    finally:
        if not server.adopted:
            server.stop()
