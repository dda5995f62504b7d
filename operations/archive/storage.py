"""Where the archive is: a directory, or a bucket of S3, Google or Azure. Packages are loaded when it is used."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from config.errors import RelayError

MISSING: Final = (
    "The archive needs packages that are not installed here; with the pip beside relay: "
    "pip install 'tiktok-events-relay[archive]'"
)
TEMPORARY: Final = ".part"
_CLIENT: Final[Any] = {"connect_timeout": "5s", "timeout": "30s", "allow_http": True}
"""`allow_http` permits an address of the service that begins with http://; its variable says which address."""
_RETRIES: Final[Any] = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
_DELETED_AT_ONCE: Final = 1_000
_CODE: Final = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS: Final = re.compile(r"status:? (?:code:? )?(\d{3})\b")


class ArchiveError(RelayError):
    """Why the archive cannot be used: a sentence that holds no credentials."""


class StoredFile(NamedTuple):
    """A file of the archive: its path there, and its size in bytes."""

    path: str
    size: int


class Storage:
    """The files of one archive. Every method raises ArchiveError. Serves any number of threads.

    Credentials and options come from the variables that the service's own tools read, such as AWS_ACCESS_KEY_ID.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._scheme, self._bucket, self._path = parts.scheme, parts.netloc, unquote(parts.path)

    def put(self, path: str, content: bytes) -> None:
        """Write a file whole, or leave the former one: no reader ever sees a part of it."""
        if self._scheme == "file":
            self._put_local(Path(self._path, path), content)
            return
        with self._translated() as library:
            library.put(self._store, path, content, use_multipart=False)

    def get(self, path: str) -> bytes:
        """Return the content of a file."""
        with self._translated() as library:
            return bytes(library.get(self._store, path).bytes())

    def get_end(self, path: str, size: int, length: int) -> bytes:
        """Return the last `length` bytes of a file that has `size` bytes."""
        with self._translated() as library:
            return bytes(library.get_range(self._store, path, start=max(0, size - length), end=size))

    def list(self) -> Iterator[StoredFile]:
        """Yield every file."""
        with self._translated() as library:
            for page in library.list(self._store):
                yield from (StoredFile(found["path"], found["size"]) for found in page)

    def delete(self, paths: Iterable[str]) -> None:
        """Remove files, and directories that are empty then; a file that is gone already counts as removed."""
        chosen = list(paths)
        with self._translated() as library:
            for first in range(0, len(chosen), _DELETED_AT_ONCE):
                self._delete(library, chosen[first : first + _DELETED_AT_ONCE])
        if self._scheme == "file":
            for folder in {Path(self._path, path).parent for path in chosen}:
                _remove_empty(folder, Path(self._path))

    def _delete(self, library: Any, paths: Sequence[str]) -> None:
        """Remove files together. Some services end such a request at a file that is gone: then one by one."""
        try:
            library.delete(self._store, paths)
        except (library.exceptions.NotFoundError, FileNotFoundError):
            for path in paths if len(paths) > 1 else ():
                self._delete(library, [path])

    def _put_local(self, target: Path, content: bytes) -> None:
        """Write to a temporary file, then rename it, both forced to the disk."""
        temporary = target.with_name(target.name + TEMPORARY)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise ArchiveError(f"{self.url} cannot be written: {error.strerror or type(error).__name__}") from None

    @contextmanager
    def _translated(self) -> Iterator[Any]:
        """Give the library, and translate its errors. Raise ArchiveError, also where the library is missing."""
        try:
            import obstore
            import obstore.exceptions
            import obstore.store
        except ImportError:
            raise ArchiveError(MISSING) from None
        try:
            yield obstore
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise self._in_words(error) from None

    @cached_property
    def _store(self) -> Any:
        from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

        if self._scheme == "file":
            return LocalStore(self._path, mkdir=True)
        options: Any = {"client_options": _CLIENT, "retry_config": _RETRIES}
        prefix = self._path.strip("/") or None
        store: Any = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}[self._scheme]
        return store(self._bucket, prefix=prefix, **options)

    def _in_words(self, error: Exception) -> ArchiveError:
        """Return the error in words of relay: the library's may quote a signature or an access key."""
        from obstore import exceptions

        text = str(error)
        code, status = _CODE.search(text), _STATUS.search(text)
        about = [match[1] if match is code else f"HTTP {match[1]}" for match in (code, status) if match]
        match error:
            case exceptions.PermissionDeniedError() | exceptions.UnauthenticatedError():
                what = "refuses these credentials"
            case exceptions.NotFoundError() | FileNotFoundError():
                what = "has no such bucket or file"
            case OSError():
                what = f"cannot be used: {error.strerror or type(error).__name__}"
            case _:
                what = "cannot be reached or answers with an error"
        return ArchiveError(f"{self.url} {what}{' (' + ', '.join(about) + ')' if about else ''}")


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a directory and those above it, up to `root`, as far as they are empty."""
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
