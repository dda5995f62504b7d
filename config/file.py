"""The configuration file: read whole or refused whole, and read again whenever it changes."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from config.checks.refusals import find_faults
from config.checks.warnings import find_warnings
from config.errors import ConfigurationError, Problem
from config.model import Configuration
from config.reading.draft import read_draft
from config.reading.references import References, Unexpanded
from config.reading.yaml_tree import Fault, read
from config.secrets import Keyring
from config.small_file import MAX_BYTES, changed_ns, digest_of, read_small, signature_of

# Changed more recently than this, a file may still be being written, and half a file can be valid YAML.
QUIET_NS = 100_000_000
# Changed more recently than this, it may change again without its times or its size showing it.
SETTLED_NS = 2_000_000_000
# What would take something away that is in use is believed when it has stood like that for so long.
STANDS_NS = 10_000_000_000

Digests = dict[Path, bytes | None]


def load(path: Path, environ: Mapping[str, str] = os.environ, keyring: Keyring | None = None) -> Configuration:
    """The configuration a file holds; raises ConfigurationError with every problem that could be found."""
    return _parse(_content(path), path, References(environ, keyring))


def check_text(text: str, name: str) -> Configuration:
    """The configuration that `text` would be as a file of that name. Nothing in it is expanded, so secrets are none.

    Raises ConfigurationError.
    """
    raw = text.encode()
    if len(raw) > MAX_BYTES:
        raise _refusal(Path(name), [Fault(None, f"is larger than {MAX_BYTES >> 20} MiB")])
    return _parse(raw, Path(name), Unexpanded())


def _content(path: Path) -> bytes:
    try:
        return read_small(path)
    except FileNotFoundError:
        missing = "does not exist: write one with `relay init`, or name another in RELAY_CONFIG"
        raise _refusal(path, [Fault(None, missing)]) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its path is not a path"
        raise _refusal(path, [Fault(None, f"cannot be read: {why}")]) from None


def _parse(raw: bytes, path: Path, references: References) -> Configuration:
    root, faults = read(raw)
    if root is None and faults:
        raise _refusal(path, faults)
    draft = read_draft(root, references)
    if faults := [*faults, *find_faults(draft)]:
        raise _refusal(path, faults)
    return Configuration(
        inputs={one.value.id: one.value for one in draft.inputs},
        connections={one.value.id: one.value for one in draft.connections},
        warnings=tuple(str(Problem(str(path), *warning)) for warning in find_warnings(draft)),
    )


def _refusal(path: Path, faults: Iterable[Fault]) -> ConfigurationError:
    in_order = sorted(faults, key=lambda fault: fault.line or 0)
    return ConfigurationError(Problem(str(path), *fault) for fault in in_order)


class ConfigurationFile:
    """The configuration in force, which follows its file and the secret files that it names.

    A file that is missing or wrong is refused: `error` says why, and `current` stays what it was.
    Any thread may call `refresh`; of several at once one does the work and the others go on with what is in force.
    """

    def __init__(
        self,
        path: Path,
        keyring: Keyring | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
        clock_ns: Callable[[], int] = time.time_ns,
        hold_back_if: Callable[[Configuration, Configuration], bool] = lambda _former, _new: False,
    ) -> None:
        """Raises ConfigurationError when the file cannot be put in force now; nothing raises afterwards.

        Where `hesitate` says so of the former and the new configuration, the new one is held back until the file has
        stood unchanged for STANDS_NS: a file that is still being written can be right, and lack its end.
        """
        self.path = path
        self.current = Configuration({}, {})
        self.error: ConfigurationError | None = None
        self._environ, self._keyring = environ, keyring
        self._clock_ns = clock_ns
        self._hold_back_if = hold_back_if
        self._held: tuple[Digests, int] | None = None  # what is held back, and since when
        self._busy = threading.Lock()
        self._digests: Digests = {path: b""}  # of the file and the secret files it named, as last read
        self._trusted: tuple[tuple[int, ...] | None, ...] = ()
        self._read()
        if self.error:
            raise self.error

    def refresh(self) -> bool:
        """True when another configuration came in force; costs a few `stat` calls when nothing changed.

        A change is looked at once the file has been left alone for QUIET_NS, so call this at short intervals.
        """
        if not self._busy.acquire(blocking=False):
            return False
        try:
            return self._touched() and self._read()
        finally:
            self._busy.release()

    def _touched(self) -> bool:
        """Whether any of the files may hold something else than when it was last read, and is written to its end."""
        now = self._clock_ns()
        signature = tuple(map(signature_of, self._digests))
        age = now - max(map(changed_ns, signature))
        if signature == self._trusted or 0 <= age < QUIET_NS:
            return False
        self._trusted = signature if age > SETTLED_NS else ()
        return True

    def _read(self) -> bool:
        """Put in force what the files hold, if it is new; the digests come first, so as never to be the newer."""
        digests = {path: digest_of(path) for path in self._digests}
        if digests == self._digests:
            self._held = None
            return False
        references = References(self._environ, self._keyring)
        before = self.current
        try:
            new = _parse(_content(self.path), self.path, references)
            self.error = None
            if self._holds_back(new, digests):
                return False
            self.current = new
        except ConfigurationError as error:
            self.error, self._held = error, None
        except Exception as surprise:  # noqa: BLE001 - a file may never stop a process that runs well without it
            fault = Fault(None, f"cannot be understood because of a fault in relay ({type(surprise).__name__})")
            self.error = _refusal(self.path, [fault])
        self._digests = {self.path: digests[self.path], **references.digests}
        return self.current != before

    @property
    def is_held_back(self) -> bool:
        """Whether the newest file is right and not in force yet, because it takes away what is in use."""
        return self._held is not None

    def _holds_back(self, new: Configuration, digests: Digests) -> bool:
        """Whether to look at the same file again later, rather than put it in force."""
        now = self._clock_ns()
        held = self._held if self._held and self._held[0] == digests else (digests, now)
        self._held = held if self._hold_back_if(self.current, new) and now - held[1] < STANDS_NS else None
        if self._held:
            self._trusted = ()
        return self._held is not None
