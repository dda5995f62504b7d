"""Publish a record whose header has a name of any bytes; Confluent's Python client takes only text."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import ctypes, sys
library, servers, topic, body, name = sys.argv[1:]
lib, size, at = ctypes.CDLL(library), ctypes.c_size_t, ctypes.c_void_p
for function in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_headers_new"):
    getattr(lib, function).restype = at
PRODUCER, TOPIC, PARTITION, VALUE, FLAGS, HEADERS, END, COPY = 0, 1, 3, 4, 7, 10, 0, 2
error = ctypes.create_string_buffer(500)
conf = at(lib.rd_kafka_conf_new())
assert lib.rd_kafka_conf_set(conf, b"bootstrap.servers", servers.encode(), error, size(500)) == 0, error.value
producer = at(lib.rd_kafka_new(PRODUCER, conf, error, size(500)))
headers, content, name = at(lib.rd_kafka_headers_new(size(1))), bytes.fromhex(body), bytes.fromhex(name)
lib.rd_kafka_header_add(headers, name, ctypes.c_ssize_t(len(name)), b"value", ctypes.c_ssize_t(5))
record = (TOPIC, topic.encode(), PARTITION, ctypes.c_int32(0), VALUE, content, size(len(content)))
assert lib.rd_kafka_producev(producer, *record, FLAGS, ctypes.c_int(COPY), HEADERS, headers, END) == 0
assert lib.rd_kafka_flush(producer, 30_000) == 0
"""


def publish_raw(servers: str, topic: str, body: bytes, header_name: bytes) -> None:
    """Publish a record to the first partition; return when the broker has it."""
    import confluent_kafka

    folder = Path(confluent_kafka.__file__).parent.with_name("confluent_kafka.libs")
    [library] = folder.glob("librdkafka*")
    arguments = [str(library), servers, topic, body.hex(), header_name.hex()]
    subprocess.run([sys.executable, "-c", PROGRAM, *arguments], check=True, timeout=60)
