"""Shards, read by the readers that trainers have, offline: they get what the tokenizer makes of the stored texts, to the id.

Megatron's own dataset, mosaicml-streaming and LitData are too large to be installed for this alone, and Hugging Face
`datasets` wants other versions than they do: ``make readers`` has both environments. Elsewhere a Python of each is named by
``RIGHTFUL_TRAINERS`` and ``RIGHTFUL_READERS``; without one the tests that need it skip, without both all do. What llm.c,
nanoGPT and OLMo-core read is parsed here as they do it.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

from rightful import Store

pytestmark = pytest.mark.skipif(
    not {"RIGHTFUL_TRAINERS", "RIGHTFUL_READERS"} & set(os.environ), reason="the readers are not here: make readers"
)
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LICENSES = {"manual": "CC-BY-4.0", "notes": "CC0-1.0"}
CARD = 'name = "{name}"\nlicense = "{license}"\nauthority = "publisher"\npersonal_data = "no"\n'
SEQ_LEN = 1_024
"""More than a document has."""
ORDERS: dict[str, dict[str, Any]] = {
    "megatron": {"format": "megatron"},
    "mds": {"format": "mds"},
    "packed": {"format": "mds", "seq_len": SEQ_LEN, "pack": "best-fit"},
    "parquet": {"format": "parquet"},
    "bin": {"format": "bin"},
    "nanogpt": {"format": "bin", "raw": True},
    "olmo": {"format": "bin", "raw": True, "raw_as": "npy"},
}
DOCUMENTS, LOOKED_AT = 1_200, 1_000

MEGATRON = """
import json, sys
from pathlib import Path
from megatron.core.datasets.indexed_dataset import IndexedDataset
shards = {}
for index in sorted(Path(sys.argv[1]).glob("data/*.idx")):
    made = IndexedDataset(str(index.with_suffix("")), mmap=True)
    assert made.document_indices.tolist() == list(range(len(made) + 1)), "a document is a sequence"
    shards[index.with_suffix(".bin").name] = [made[n].tolist() for n in range(len(made))]
    last = len(made) - 1
    assert made.get(last, offset=1, length=2).tolist() == shards[index.with_suffix(".bin").name][last][1:3]
print(json.dumps(shards))
"""
# The vision parts of mosaicml-streaming want torchvision, which the registry has for its own builds of torch alone.
MOSAIC = """
import importlib.machinery, json, sys, tempfile, types
from pathlib import Path
try:
    import torchvision.datasets
except Exception:
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    for name in ("", ".datasets", ".transforms", ".transforms.functional"):
        module = types.ModuleType("torchvision" + name)
        module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, None)
        module.VisionDataset, module.to_tensor = object, None
        sys.modules[module.__name__] = module
from streaming import MDSWriter, StreamingDataset
data = Path(sys.argv[1], "data")
rows = list(StreamingDataset(local=str(data), shuffle=False, batch_size=1, validate_hash="sha256"))
shards, first = {}, 0
for entry in json.loads((data / "index.json").read_bytes())["shards"]:
    name, of = entry["raw_data"]["basename"], rows[first : first + entry["samples"]]
    first += len(of)
    columns = dict(zip(entry["column_names"], entry["column_encodings"], strict=True))
    with tempfile.TemporaryDirectory() as folder:
        with MDSWriter(columns=columns, out=folder, hashes=["sha256"], size_limit=None) as writer:
            for row in of:
                writer.write(row)
        assert Path(folder, "shard.00000.mds").read_bytes() == (data / name).read_bytes(), f"{name} is not as its own writer writes it"
        theirs = json.loads(Path(folder, "index.json").read_bytes())["shards"][0]
        theirs["raw_data"]["basename"] = name
        assert theirs == entry, f"index.json says of {name} {entry}, and its own writer {theirs}"
    shards[name] = [{c: v.tolist() if hasattr(v, "tolist") else v for c, v in row.items()} for row in of]
assert first == len(rows)
print(json.dumps(shards))
"""
LITDATA = """
import json, sys
import litdata
from litdata.streaming.item_loader import ParquetLoader
folder, way = sys.argv[1:]
if way == "mds":
    try:
        litdata.StreamingDataset(folder + "/data")
    except TypeError as error:
        print(json.dumps(str(error)))
else:
    litdata.index_parquet_dataset(folder + "/data")
    made = litdata.StreamingDataset(folder + "/data", item_loader=ParquetLoader(), shuffle=False)
    print(json.dumps([[list(map(int, row["input_ids"])), row["record_id"]] for row in (made[n] for n in range(len(made)))]))
"""
DATASETS = """
import json, sys
import datasets
made = datasets.load_dataset("parquet", data_files=sys.argv[1] + "/data/*.parquet", split="train")
again = datasets.load_dataset("parquet", data_files=sys.argv[1] + "/data/*.parquet", split="train", streaming=True)
rows = [[row["input_ids"], row["record_id"]] for row in made]
assert rows == [[row["input_ids"], row["record_id"]] for row in again]
print(json.dumps(rows))
"""


class Exported(NamedTuple):
    """An export of one format, and what must lie in it."""

    out: Path
    manifest: dict[str, Any]
    index: list[dict[str, Any]]
    expected: dict[str, list[int]]
    rights: dict[str, str]

    def holds(self, shards: dict[str, list[list[int]]]) -> None:
        """That these documents by shard are as many tokens as the manifest counts, each of them the tokenizer's own."""
        assert sum(len(ids) for of in shards.values() for ids in of) == self.manifest["tokens"]
        assert [Path(shard["path"]).name for shard in self.manifest["shards"]] == sorted(shards)
        assert sum(map(len, shards.values())) == len(self.index) == len(self.expected)
        for entry in random.Random(7).sample(self.index, LOOKED_AT):
            ids = shards[Path(entry["shard"]).name][entry["position"]]
            assert ids == self.expected[entry["record_id"]], entry["record_id"]
            assert entry["decision"] == "permit"
            assert entry["rights_id"] == self.rights[entry["record_id"]]
            assert any("attribution" in owed for owed in entry["obligations"]) == (entry["source_id"] == "manual")

    def cut(self, streams: dict[str, list[int]]) -> dict[str, list[list[int]]]:
        """The documents of streams that do not know where one begins, by the index."""
        assert {name: len(ids) for name, ids in streams.items()} == {
            Path(shard["path"]).name: shard["tokens"] for shard in self.manifest["shards"]
        }
        shards: dict[str, list[list[int]]] = {name: [] for name in streams}
        for entry in self.index:
            name, first = Path(entry["shard"]).name, entry["first_token"]
            shards[name].append(streams[name][first : first + entry["length"]])
        return shards


def texts() -> Iterator[str]:
    """Prose of varied length, some of it far from English."""
    chance = random.Random(3)
    words = [
        f"{a}{b}{c}"
        for a in ("har", "bo", "ti", "mo", "Über", "ש", "船")
        for b in ("ur", "at", "de", "le")
        for c in ("", "s", ".")
    ]
    for n in range(DOCUMENTS):
        yield f"Note {n}: " + " ".join(chance.choices(words, k=chance.randint(3, 120)))


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Exported]:
    """The same records in every format."""
    folder = tmp_path_factory.mktemp("shards")
    for number, (name, license_) in enumerate(LICENSES.items()):
        (folder / "corpus" / name).mkdir(parents=True)
        (folder / "corpus" / name / "source.toml").write_text(
            CARD.format(name=name, license=license_), encoding="utf-8"
        )
        rows = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts()) if n % 2 == number]
        (folder / "corpus" / name / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    store = Store(folder / "store", clock=lambda: NOW)
    assert store.ingest(sorted((folder / "corpus").iterdir()), workers=1)["added"] == DOCUMENTS
    stored = store.sql("SELECT t.record_id, t.text, r.rights_id FROM texts t JOIN records r USING (record_id)")
    rights = {row["record_id"]: row["rights_id"] for row in stored}
    made: dict[str, Exported] = {}
    given: dict[str, Any] = {"accept": "all", "dedup": "none", "seed": 5, "shard_tokens": 30_000, "workers": 1}
    tokenizer, expected = "train:1000", {}
    for name, order in ORDERS.items():
        out = folder / name
        manifest = store.export(out, "train.pretrain", tokenizer=tokenizer, **given, **order)
        if not expected:
            tokenizer = str(out / "tokenizer" / "tokenizer.json")
            own, eod = Tokenizer.from_file(tokenizer), manifest["tokenizer"]["eod"]
            ids = [one.ids for one in own.encode_batch([row["text"] for row in stored], add_special_tokens=False)]
            expected = {row["record_id"]: [*of, eod] for row, of in zip(stored, ids, strict=True)}
        assert len(manifest["shards"]) > 2
        made[name] = Exported(out, manifest, pq.read_table(out / "index.parquet").to_pylist(), expected, rights)
    return made


def python(variable: str, needs: str) -> str:
    """The Python that a variable names, or this one; skips without what it ``needs``."""
    named = os.environ.get(variable, sys.executable)
    done = subprocess.run(
        [named, "-c", f"import importlib.util as u; assert all(map(u.find_spec, {needs.split()!r}))"], check=False
    )
    if done.returncode:
        if variable in os.environ:
            pytest.fail(f"{variable}={named} lacks some of: {needs}")
        pytest.skip(f"{needs.replace(' ', ', ')}: not installed here: make readers")
    return named


def answer(named: str, script: str, *arguments: Path | str, home: Path) -> Any:
    """What a script prints, in another environment and offline."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1", "HF_HOME": str(home), "HOME": str(home)}
    done = subprocess.run(
        [named, "-W", "ignore", "-c", script, *arguments],
        env={**os.environ, **offline},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_megatron_reads_its_shards_to_the_id(exports: dict[str, Exported], tmp_path: Path) -> None:
    named = python("RIGHTFUL_TRAINERS", "torch megatron.core")
    exports["megatron"].holds(answer(named, MEGATRON, exports["megatron"].out, home=tmp_path))


def test_mosaicml_streaming_reads_its_shards_to_the_id_and_writes_them_to_the_byte(
    exports: dict[str, Exported], tmp_path: Path
) -> None:
    named, export = python("RIGHTFUL_TRAINERS", "torch streaming"), exports["mds"]
    shards = answer(named, MOSAIC, export.out, home=tmp_path)
    export.holds({name: [row["input_ids"] for row in of] for name, of in shards.items()})
    records = [row["record_id"] for of in shards.values() for row in of]
    assert records == [entry["record_id"] for entry in export.index]


def test_mosaicml_streaming_reads_packed_sequences_and_what_they_are_made_of(
    exports: dict[str, Exported], tmp_path: Path
) -> None:
    named, export = python("RIGHTFUL_TRAINERS", "torch streaming"), exports["packed"]
    documents: dict[str, list[list[int]]] = {}
    padding = 0
    for name, rows in answer(named, MOSAIC, export.out, home=tmp_path).items():
        entries = [entry for entry in export.index if Path(entry["shard"]).name == name]
        for n, row in enumerate(rows):
            of = [entry for entry in entries if entry["sequence"] == n]
            assert (row["record_ids"], row["lengths"]) == ([e["record_id"] for e in of], [e["length"] for e in of])
            assert len(row["input_ids"]) == SEQ_LEN
            mask, places = [0] * SEQ_LEN, [0] * SEQ_LEN
            for entry in of:
                first, length = entry["first_token"] - n * SEQ_LEN, entry["length"]
                documents.setdefault(name, []).append(row["input_ids"][first : first + length])
                mask[first : first + length] = [1] * length
                places[first : first + length] = range(length)
            assert (row["loss_mask"], row["position_ids"]) == (mask, places)
            padding += mask.count(0)
    assert padding == export.manifest["padding"]
    export.holds(documents)


def by_shard(export: Exported, rows: list[tuple[list[int], str]]) -> dict[str, list[list[int]]]:
    """Rows that a loader has, whichever shard it reads first, by the shards of the index."""
    places = {entry["record_id"]: entry["document"] for entry in export.index}
    rows = sorted(rows, key=lambda row: places[row[1]])
    shards: dict[str, list[list[int]]] = {}
    for (ids, record), entry in zip(rows, export.index, strict=True):
        assert record == entry["record_id"]
        shards.setdefault(Path(entry["shard"]).name, []).append(ids)
    return shards


def test_litdata_reads_parquet_shards_to_the_id(exports: dict[str, Exported], tmp_path: Path) -> None:
    named, export = python("RIGHTFUL_TRAINERS", "torch litdata polars pyarrow"), exports["parquet"]
    (tmp_path / "data").mkdir()  # it writes an index among the shards
    for shard in export.manifest["shards"]:
        (tmp_path / shard["path"]).write_bytes((export.out / shard["path"]).read_bytes())
    export.holds(by_shard(export, answer(named, LITDATA, tmp_path, "parquet", home=tmp_path)))


def test_litdata_does_not_read_mds_that_is_not_compressed(exports: dict[str, Exported], tmp_path: Path) -> None:
    """It looks for a compressed shard in index.json, and knows no columns of numpy's arrays; when it does, docs/shards.md says so."""
    named = python("RIGHTFUL_TRAINERS", "torch litdata")
    said = answer(named, LITDATA, exports["mds"].out, "mds", home=tmp_path)
    assert said == "'NoneType' object is not subscriptable"


def test_datasets_reads_parquet_shards_to_the_id(exports: dict[str, Exported], tmp_path: Path) -> None:
    named, export = python("RIGHTFUL_READERS", "datasets"), exports["parquet"]
    export.holds(by_shard(export, answer(named, DATASETS, export.out, home=tmp_path)))


def test_llm_c_header_is_what_its_loader_demands_and_ids_follow(exports: dict[str, Exported]) -> None:
    """``dataloader_load_shard_`` in llmc/dataloader.h."""
    export = exports["bin"]
    streams: dict[str, list[int]] = {}
    for path in sorted((export.out / "data").glob("*.bin")):
        data = path.read_bytes()
        header = struct.unpack("<256i", data[:1024])
        assert header[:2] == (20240520, 1)
        assert header[2] > 0
        assert len(data) == 256 * 4 + header[2] * 2
        streams[path.name] = list(struct.unpack(f"<{header[2]}H", data[1024:]))
    export.holds(export.cut(streams))


@pytest.mark.parametrize(("name", "suffix"), [("nanogpt", ".bin"), ("olmo", ".npy")])
def test_memmap_reads_raw_shards_to_the_id(exports: dict[str, Exported], name: str, suffix: str) -> None:
    export = exports[name]
    paths = sorted((export.out / "data").glob(f"*{suffix}"))
    export.holds(export.cut({path.name: np.memmap(path, np.uint16, "r").tolist() for path in paths}))


def test_documents_of_raw_shards_are_found_as_olmo_core_finds_them(exports: dict[str, Exported]) -> None:
    """``iter_document_indices`` in olmo_core/data/utils.py, and what ``get_document_offsets`` demands of it."""
    export = exports["olmo"]
    shards: dict[str, list[list[int]]] = {}
    records = []
    for path in sorted((export.out / "data").glob("*.npy")):
        ids, last = np.memmap(path, np.uint16, "r"), 0
        with gzip.open(path.parent / path.name.replace(".npy", ".csv.gz"), "rt") as file:
            for line in file:
                start, end, record, source, place = line.strip().split(",")
                assert int(start) == last
                last = int(end)
                shards.setdefault(path.name, []).append(ids[int(start) : last].tolist())
                records.append((record, source, int(place)))
        assert last == len(ids)
    export.holds(shards)
    assert records == [(entry["record_id"], entry["source_id"], entry["position"]) for entry in export.index]
