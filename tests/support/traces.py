"""Search all of Redis for a person's data: every key, decrypted with the given keys, and every file."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
import zstandard

from config.secrets import Keyring
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk, ChunkCodec
from store.records.profiles import ProfileCodec

_ZSTD = b"\x28\xb5\x2f\xfd"


def in_redis(client: redis.Redis, wanted: Iterable[str], keyring: Keyring | None = None) -> set[str]:
    """Return which of `wanted` are in a key, a value, or anything encrypted in one."""
    everything = b"\n".join(_all(client, keyring))
    return {one for one in wanted if one.encode() in everything}


def in_files(files: Iterable[Path], wanted: Iterable[str]) -> set[str]:
    """Return which of `wanted` are in these files, as plain text or compressed."""
    contents = [file.read_bytes() for file in files if file.is_file()]
    everything = b"\n".join([*contents, *(frame for content in contents for frame in _frames(content))])
    return {one for one in wanted if one.encode() in everything}


def _all(client: redis.Redis, keyring: Keyring | None) -> Iterator[bytes]:
    codec = ChunkCodec(keyring)
    for key in client.scan_iter(count=1000):
        yield key
        for value in _values(client, key):
            yield value
            if key.startswith(b"lane:") and not key.endswith((b":sizes", b":meta")):
                yield from _content(codec.decode(value))
            elif key.startswith(b"dead_letters:") and key.endswith(b":shared"):
                yield from _content(codec.decode(value)) if value[:1] < b"\x20" else ()
            elif key.startswith(b"dead_letters:"):
                yield from _content(codec.decode(DeadLetter.decode(value).source)) if value[:1] > b"\x7f" else ()
            elif key.startswith(b"profiles:") and key not in (
                b"profiles:index",
                b"profiles:bytes",
                b"profiles:dropped",
            ):
                stored = ProfileCodec(keyring).decode(value)
                yield from (text.encode() for text, *_ in stored.v.values()) if stored else ()


def _values(client: redis.Redis, key: bytes) -> Iterator[bytes]:
    readers: dict[bytes, Any] = {
        b"string": lambda: [client.get(key)],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        b"none": list,  # it expired meanwhile
    }
    yield from readers[client.type(key)]()


def _content(chunk: Chunk) -> Iterator[bytes]:
    yield chunk.peer_ip.encode()
    for batch in chunk.batches:
        yield batch.shared
        yield from (entry.raw for entry in batch.entries)


def _frames(content: bytes) -> Iterator[bytes]:
    """Yield the compressed parts of `content`; the process that wrote the file may have cut a frame."""
    at = content.find(_ZSTD)
    while at >= 0:
        with suppress(zstandard.ZstdError):
            yield zstandard.ZstdDecompressor().decompressobj().decompress(content[at:])
        at = content.find(_ZSTD, at + 1)
