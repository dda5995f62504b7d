"""Read the configuration file, as a whole or not at all, and read it again when it changes."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from config.checks.refusals import find_faults
from config.checks.warnings import find_warnings
from config.errors import ConfigurationError, Problem
from config.files.small_file import MAX_BYTES, changed_ns, digest_of, read_small, signature_of
from config.model import Configuration
from config.reading.draft import read_draft
from config.reading.references import References, Unexpanded
from config.reading.yaml_tree import Fault, read
from config.secrets import Keyring

# A file changed more recently than this may still be being written, and half a file can be valid YAML.
QUIET_NS = 100_000_000
# A file changed more recently than this may change again with the same times and size.
SETTLED_NS = 2_000_000_000
# A file without something that is in use is used once it has been unchanged for this long.
STANDS_NS = 10_000_000_000

Digests = dict[Path, bytes | None]


def load(path: Path, environ: Mapping[str, str] = os.environ, keyring: Keyring | None = None) -> Configuration:
    """Return the configuration in a file. Raise ConfigurationError with every problem that could be found."""
    return _parse(_content(path), path, References(environ, keyring))


def read_without_secrets(path: Path) -> Configuration:
    """Return the configuration in a file, with references to secrets as they are written. Raise ConfigurationError."""
    return _parse(_content(path), path, Unexpanded())


def check_text(text: str, name: str) -> Configuration:
    """Return the configuration in `text`, as a file of that name. References to secrets are not expanded.

    Raise ConfigurationError.
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
        why = getattr(error, "strerror", None) or "the path is invalid"
        raise _refusal(path, [Fault(None, f"cannot be read: {why}")]) from None


def _parse(raw: bytes, path: Path, references: References) -> Configuration:
    root, faults = read(raw)
    if root is None and faults:
        raise _refusal(path, faults)
    draft = read_draft(root, references)
    if faults := [*faults, *find_faults(draft)]:
        raise _refusal(path, faults)
    return Configuration(
        inputs={located.value.id: located.value for located in draft.inputs},
        connections={located.value.id: located.value for located in draft.connections},
        warnings=tuple(str(Problem(str(path), *warning)) for warning in find_warnings(draft)),
        sources={located.value.id: located.value for located in draft.sources},
        lines={located.value.id: located.table.line for located in draft.connections},
    )


def _refusal(path: Path, faults: Iterable[Fault]) -> ConfigurationError:
    in_order = sorted(faults, key=lambda fault: fault.line or 0)
    return ConfigurationError(Problem(str(path), *fault) for fault in in_order)


class ConfigurationFile:
    """The configuration in force; it follows its file and the secret files that the file names.

    A file that is missing or has errors is refused: `error` says why, and `current` does not change.
    Any thread may call `refresh`. Of several callers at once, one does the work and the others return at once.
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
        """Raise ConfigurationError when the file cannot be used now; later readings do not raise.

        If `hold_back_if` returns True for the former and the new configuration, the new one is held back until the file
        has been unchanged for STANDS_NS: a file that is still being written can be valid and lack its end.
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
        """Use the file if it has changed, and return True if the configuration is another one now.

        Without a change, this costs a few `stat` calls. A change is read once the file has been unchanged for QUIET_NS,
        so call this at short intervals.
        """
        if not self._busy.acquire(blocking=False):
            return False
        try:
            return self._may_have_changed() and self._read()
        finally:
            self._busy.release()

    def _may_have_changed(self) -> bool:
        """Return whether a file may have changed since the last reading, and is written to its end."""
        now = self._clock_ns()
        signature = tuple(map(signature_of, self._digests))
        age = now - max(map(changed_ns, signature))
        if signature == self._trusted or 0 <= age < QUIET_NS:
            return False
        self._trusted = signature if age > SETTLED_NS else ()
        return True

    def _read(self) -> bool:
        """Use the files if they are new; return whether `current` changed. Digests are taken first: never newer."""
        digests = {path: digest_of(path) for path in self._digests}
        if digests == self._digests:
            self._held = None
            return False
        references = References(self._environ, self._keyring)
        former = self.current
        try:
            new = _parse(_content(self.path), self.path, references)
            self.error = None
            if self._holds_back(new, digests):
                return False
            self.current = new
        except ConfigurationError as error:
            self.error, self._held = error, None
        except Exception as error:  # noqa: BLE001 - a file must never stop a running process
            fault = Fault(None, f"cannot be understood because of a fault in relay ({type(error).__name__})")
            self.error = _refusal(self.path, [fault])
        self._digests = {self.path: digests[self.path], **references.digests}
        return self.current != former

    @property
    def is_held_back(self) -> bool:
        """Whether the newest file is valid but held back, because it lacks something that is in use."""
        return self._held is not None

    def _holds_back(self, new: Configuration, digests: Digests) -> bool:
        """Return whether to read the same file again later instead of using it now."""
        now = self._clock_ns()
        held = self._held if self._held and self._held[0] == digests else (digests, now)
        self._held = held if self._hold_back_if(self.current, new) and now - held[1] < STANDS_NS else None
        if self._held:
            self._trusted = ()
        return self._held is not None
