"""The ways into other people's pipelines, run by their real libraries in an environment of their own: ``make integrations``.

Elsewhere a Python that has them (and what Rightful needs) is named by ``RIGHTFUL_INTEGRATIONS``, one with dolma by
``RIGHTFUL_DOLMA`` and one with Ray Data by ``RIGHTFUL_RAY``; without one these tests skip.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rightful import Store
from rightful.integrations.dolma import FILTER, write_attributes

ROOT = Path(__file__).resolve().parents[2]
USE: dict[str, Any] = {"use": "train.pretrain", "accept": ["attribution", "notice"]}
LICENSES = ["CC0-1.0", "CC-BY-4.0", "MIT", "CC-BY-NC-4.0", "other", None, "LicenseRef-all-rights-reserved"]


class Corpus(NamedTuple):
    """A store, the folder that it was made of, and the source ids of what a query of it permits."""

    store: Store
    folder: Path
    permitted: list[str]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """1,000 documents under seven licences, with copies, near copies and personal data, and a domain that opted out."""
    root = tmp_path_factory.mktemp("corpus")
    folder = root / "docs"
    folder.mkdir()
    (folder / "source.toml").write_text('name = "docs"\npersonal_data = "no"\n')
    for part in range(4):
        lines = [json.dumps(document(n)) + "\n" for n in range(part * 250, part * 250 + 250)]
        (folder / f"part-{part}.jsonl").write_text("".join(lines))
    store = Store(root / "store")
    store.ingest([folder])
    store.consent.withdraw(domain="opt.example")
    names = {
        r["record_id"]: r["source_record_id"] for r in store.sql("SELECT record_id, source_record_id FROM records")
    }
    return Corpus(store, folder, sorted(names[i] for i in store.query(**USE, ids=True)["ids"]))


def document(n: int) -> dict[str, Any]:
    text = f"document {n % 930} of the harbour {'x' * (n % 7)} " + " ".join(f"w{n % 930}q{j}" for j in range(30))
    text += f" write to me at harbour{n}@example.org" if n % 50 == 3 else ""
    row = {"id": f"d{n}", "text": text, "url": f"https://{'opt.example' if n % 11 == 0 else 'ok.example'}/{n}"}
    return {**row, "license": LICENSES[n % 7]} if LICENSES[n % 7] else row


def run(variable: str, script: str, *arguments: str | Path) -> Any:
    """What a script answers, in JSON, run by the Python that a variable names."""
    named = os.environ.get(variable)
    if not named:
        pytest.skip(f"no Python is named by {variable}: make integrations")
    done = subprocess.run(
        [named, "-c", script, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=900,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "pipeline"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


DATATROVE = """
import json, sys
from pathlib import Path
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from rightful.integrations.datatrove import RightsFilter
if __name__ == "__main__":
    store, docs, out = sys.argv[1:]
    rights = RightsFilter(store, use="train.pretrain", accept=["attribution", "notice"],
        exclusion_writer=JsonlWriter(out + "/excluded", compression=None))
    steps = [JsonlReader(docs, glob_pattern="*.jsonl"), rights, JsonlWriter(out + "/kept", compression=None)]
    LocalPipelineExecutor(steps, tasks=4, workers=1, logging_dir=out + "/log").run()
    print(json.dumps([[json.loads(l) for f in sorted(Path(out, s).iterdir()) for l in f.open()] for s in ("kept", "excluded")]))
"""


def test_pipeline_of_datatrove_keeps_what_the_query_permits(corpus: Corpus, tmp_path: Path) -> None:
    kept, excluded = run("RIGHTFUL_INTEGRATIONS", DATATROVE, corpus.store.layout.root, corpus.folder, tmp_path)
    assert len(kept) + len(excluded) == 1000
    assert sorted(document["id"] for document in kept) == corpus.permitted
    assert all(document["metadata"]["rights"]["permit"] for document in kept)
    reasons: dict[str, int] = {}
    for one in excluded:
        reason = one["metadata"]["filter_reason"]
        assert one["metadata"]["rights"]["reason"] == reason
        reasons[reason] = reasons.get(reason, 0) + 1
    assert reasons == {row["reason"]: row["records"] for row in corpus.store.query(**USE)["excluded"]}


HF = """
import json, sys
import datasets
from rightful import Store
from rightful.integrations.hf_datasets import Permits, permitted_stream
if __name__ == "__main__":
    root, docs = sys.argv[1:]
    use = dict(use="train.pretrain", accept=["attribution", "notice"])
    store = Store(root)
    stream = permitted_stream(store, **use, text=True)
    streamed = [list(stream), list(stream)]
    handed = store.permitted(**use, text=True)
    ids = handed.to_arrow()["record_id"].to_pylist()
    made = datasets.load_dataset("json", data_files=docs + "/*.jsonl", split="train", cache_dir=root + "-cache")
    once = made.filter(Permits(root, **use), batched=True)["id"]
    twice = made.filter(Permits(root, **use), batched=True, num_proc=2)["id"]
    store.consent.withdraw(domain="ok.example")
    after = made.filter(Permits(root, **use), batched=True)["id"]
    print(json.dumps({
        "streamed": [[row["record_id"] for row in rows] for rows in streamed],
        "hf": handed.to_hf()["record_id"][:], "polars": handed.to_polars()["record_id"].to_list(),
        "pandas": handed.to_pandas()["record_id"].to_list(), "arrow": ids,
        "once": sorted(once), "twice": sorted(twice), "after": sorted(after),
    }))
"""


def test_datasets_polars_and_pandas_get_the_permitted_and_a_filter_forgets_nothing(
    corpus: Corpus, tmp_path: Path
) -> None:
    copy = tmp_path / "store"
    corpus.store.copy(copy)
    answer = run("RIGHTFUL_INTEGRATIONS", HF, copy, corpus.folder)
    exports = Store(copy).sql("SELECT export FROM exports")
    assert len(exports) == 2
    for of in ("hf", "polars", "pandas"):
        assert answer[of] == answer["arrow"], of
    assert answer["streamed"] == [answer["arrow"], answer["arrow"]]
    assert answer["once"] == answer["twice"] == corpus.permitted
    assert answer["after"] == []


LOAD = """
import json, sys
import datasets
from huggingface_hub import DatasetCard
if __name__ == "__main__":
    *folders, cache = sys.argv[1:]
    listed = {}
    for folder in folders:
        card = DatasetCard.load(folder + "/README.md").data.to_dict()
        listed[folder] = card if card.get("viewer") is False else {
            name: {side: [made.num_rows, list(made.features), made.to_dict()] for side, made in
                   datasets.load_dataset(folder, name, cache_dir=cache).items()}
            for name in datasets.get_dataset_config_names(folder)}
    print(json.dumps(listed))
"""
SHAPES: dict[str, dict[str, Any]] = {
    "tokens": {},
    "packed": {"seq_len": 512, "pack": "best-fit"},
    "parquet": {"format": "text"},
    "jsonl": {"format": "text", "text_as": "jsonl"},
    "split": {"split": "train=.7,validation=.3"},
    "ladder": {"ladder": "0.1,1"},
    "mds": {"format": "mds"},
}


def test_folder_of_an_export_is_a_dataset_of_the_hub(corpus: Corpus, tmp_path: Path) -> None:
    made = {name: corpus.store.export(tmp_path / name, **USE, **shape) for name, shape in SHAPES.items()}
    loaded = run("RIGHTFUL_INTEGRATIONS", LOAD, *(tmp_path / name for name in SHAPES), tmp_path / "cache")
    card = loaded.pop(str(tmp_path / "mds"))
    assert (card["viewer"], sorted(card["license"])) == (False, ["cc-by-4.0", "cc0-1.0", "mit"])
    permitted = set(corpus.store.query(**USE, ids=True)["ids"])
    for name in SHAPES.keys() - {"mds"}:
        sides = loaded[str(tmp_path / name)]["default"]
        column = "record_ids" if name == "packed" else "record_id"
        values = [value for _, _, rows in sides.values() for value in rows[column]]
        assert {one for value in values for one in (value if isinstance(value, list) else [value])} == permitted, name
        if name != "packed":
            assert sum(n for n, *_ in sides.values()) == made[name]["documents"] == len(permitted)
    assert set(loaded[str(tmp_path / "split")]["default"]) == {"train", "validation"}
    assert set(loaded[str(tmp_path / "ladder")]) == {"default", "rung-0.1", "rung-1"}
    [packed] = loaded[str(tmp_path / "packed")]["default"].values()
    assert packed[1] == ["record_ids", "input_ids", "lengths", "position_ids", "loss_mask"]
    assert all(len(row) == 512 for row in packed[2]["input_ids"])


RAY = """
import json, sys
import ray
from rightful import Store
from rightful.integrations.ray_data import keep_permitted, permitted_dataset
if __name__ == "__main__":
    root, docs = sys.argv[1:]
    use = dict(use="train.pretrain", accept=["attribution", "notice"])
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    store = Store(root)
    made = permitted_dataset(store, **use, text=True)
    kept = keep_permitted(ray.data.read_json([docs + f"/part-{n}.jsonl" for n in range(4)]), store, **use)
    none = permitted_dataset(store, use="train.pretrain", where="false")
    print(json.dumps([sorted(r["record_id"] for r in made.take_all()), sorted(r["id"] for r in kept.take_all()), none.count()]))
"""


def test_ray_data_gets_the_permitted_and_keeps_them(corpus: Corpus, tmp_path: Path) -> None:
    copy = tmp_path / "store"
    corpus.store.copy(copy)
    made, kept, none = run("RIGHTFUL_RAY", RAY, copy, corpus.folder)
    assert made == sorted(corpus.store.query(**USE, ids=True)["ids"])
    assert kept == corpus.permitted
    assert none == 0


def test_mixer_of_dolma_takes_what_the_attributes_permit(corpus: Corpus, tmp_path: Path) -> None:
    named = os.environ.get("RIGHTFUL_DOLMA")
    if not named:
        pytest.skip("no Python is named by RIGHTFUL_DOLMA: make integrations")
    documents = tmp_path / "corpus" / "documents"
    documents.mkdir(parents=True)
    for part in sorted(corpus.folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in part.read_text().splitlines()]
        lines = [
            json.dumps({"id": r.pop("id"), "text": r.pop("text"), "source": "docs", "metadata": r}) + "\n" for r in rows
        ]
        (documents / f"{part.name}.gz").write_bytes(gzip.compress("".join(lines).encode()))
    write_attributes(documents / "*.jsonl.gz", store=corpus.store, **USE)
    stream = {
        "name": "permitted",
        "documents": [str(documents / "*.jsonl.gz")],
        "attributes": ["rights"],
        "filter": dict(FILTER),
        "output": {"path": str(tmp_path / "mixed"), "max_size_in_bytes": 1 << 30},
    }
    work = {"input": str(tmp_path / "in"), "output": str(tmp_path / "out")}
    (tmp_path / "mix.json").write_text(json.dumps({"streams": [stream], "processes": 1, "work_dir": work}))
    command = [str(Path(named).with_name("dolma")), "-c", str(tmp_path / "mix.json"), "mix"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    files = [gzip.decompress(path.read_bytes()) for path in (tmp_path / "mixed").iterdir()]
    mixed = [json.loads(line) for file in files for line in file.splitlines()]
    assert sorted(row["id"] for row in mixed) == corpus.permitted
