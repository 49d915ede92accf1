"""The other side of PythonPeerTests: an independent implementation of MessagePack.

peer.py decode   reads one MessagePack value, prints it as JSON (binary data as {"bytes": hex})
peer.py encode   reads JSON of the same kind, prints its MessagePack
"""

import json
import sys

import msgpack


def to_json(value):
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    return value


def from_json(value):
    if isinstance(value, dict) and list(value) == ["bytes"]:
        return bytes.fromhex(value["bytes"])
    if isinstance(value, dict):
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value


if sys.argv[1] == "decode":
    value = msgpack.unpackb(sys.stdin.buffer.read(), raw=False, strict_map_key=False)
    sys.stdout.write(json.dumps(to_json(value), ensure_ascii=True))
else:
    value = from_json(json.load(sys.stdin.buffer))
    sys.stdout.buffer.write(msgpack.packb(value, use_bin_type=True))
