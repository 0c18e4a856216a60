"""Whether a signed file or a proof is genuine, from the specifications alone: python outside.py FILE PUBLIC.pem [MANIFEST]"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def statement(envelope: dict, public: bytes) -> dict:
    """DSSE: the payload counts if a signature over its pre-authentication encoding is that of the key."""
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    load_pem_public_key(public).verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)
    said = json.loads(payload)
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    return said


def proved(proof: dict) -> bool:
    """Whether the record is in the export of this root; an error where nothing is proved."""
    assert len(record := proof["record"]) == 32 and set(record) <= set("0123456789abcdef"), "always absent"  # noqa: PT018
    place = sha256(proof["record"].encode())
    depth, leaf, other = len(proof["siblings"]), proof["leaf"], proof["other"]
    pieces = [place[depth // 8 :][:1], place[depth // 8 + 1 :][:1], place[depth // 8 + 2 :]]
    if leaf:
        nonces = [bytes.fromhex(nonce) for nonce in leaf["nonces"]]
        facts = {k: leaf[k] for k in ("catalog", "content_sha256", "decision")} | {"record": proof["record"]}
        stated = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
        parts = [sha256(b"\4", n, piece) for n, piece in zip(nonces, pieces, strict=False)]
        node = sha256(b"\0", *parts, sha256(b"\3", nonces[3], stated))
    elif other:
        value = bytes.fromhex(other["value"])
        assert value != (mine := pieces[other["piece"]])
        assert len(value) == len(mine)
        parts = [bytes.fromhex(part) for part in other["parts"]]
        parts[other["piece"]] = sha256(b"\4", bytes.fromhex(other["nonce"]), value)
        node = sha256(b"\0", *parts)
    else:
        node = sha256(b"\2", bytes.fromhex(proof["nonce"]))
    for depth_of, sibling in zip(range(depth - 1, -1, -1), map(bytes.fromhex, proof["siblings"]), strict=True):
        right = place[depth_of // 8] >> (7 - depth_of % 8) & 1
        node = sha256(b"\1", sibling, node) if right else sha256(b"\1", node, sibling)
    assert node.hex() == proof["records_root"], "the proof does not lead to the root"
    return bool(leaf)


if __name__ == "__main__":
    file, public, *manifest = (Path(path).read_bytes() for path in sys.argv[1:])
    found = statement(data, public)["predicate"] if "payload" in (data := json.loads(file)) else data
    if "records_root" in found and "siblings" in found:
        assert not manifest or json.loads(manifest[0])["records_root"] == found["records_root"]
        found["is_included"] = proved(found)
    print(json.dumps(found))
