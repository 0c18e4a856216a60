"""Every layout that comes with it: its file, its sample, what its sample permits, and why the rest is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.catalog import load
from rightful.ingest.recognising import like_of
from rightful.readers.tree import discover
from rightful.recipes.layout import SHIPPED_FOLDER, layouts
from tests.conftest import ROOT

SAMPLES = ROOT / "sample_data" / "layouts"
KNOWN = layouts(load())
NAMES = sorted(KNOWN.by_name)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
PRETRAIN: Mapping[str, Any] = {"use": "train.pretrain", "accept": "all"}
COMPILATION, INFERRED = "compilation-only", "inferred-only"

NO_TERRITORY, UNCLEAR, SILENT = "territory", "license-unclear", "nothing-stated"
DECIDED: Mapping[str, tuple[int, set[str]]] = {
    "arxiv": (1, {UNCLEAR, SILENT}),
    "common-pile": (0, {INFERRED, "license-unreadable"}),
    "datacomp": (0, {COMPILATION}),
    "dolma": (0, {COMPILATION}),
    "fineweb": (0, {COMPILATION}),
    "fineweb-2": (0, {COMPILATION}),
    "gutenberg": (0, {NO_TERRITORY}),
    "institutional-books": (0, {"license-denies"}),
    "laion": (0, {INFERRED, "license-unreadable"}),
    "openalex": (0, {INFERRED, SILENT}),
    "pes2o": (0, {COMPILATION}),
    "pmc-oa": (2, {"license-family", "license-unspecified"}),
    "redpajama": (0, {INFERRED, SILENT}),
    "the-stack-v2": (0, {INFERRED}),
    "wikipedia": (2, set()),
    "yfcc": (1, {"license-denies"}),
}
"""Layout -> how many rows of its sample a commercial training may use, and the reasons of the others."""


@pytest.mark.parametrize("name", NAMES)
def test_layout_is_known_from_its_sample_and_from_no_other(name: str) -> None:
    files = discover(SAMPLES / name).files
    assert files, "a layout has a sample of our own: sample_data/layouts/NAME"
    like = like_of(files, KNOWN)
    assert like is not None
    assert like.name == name


def test_every_sample_is_of_a_layout() -> None:
    assert sorted(path.name for path in SAMPLES.iterdir()) == NAMES
    assert sorted(path.stem for path in SHIPPED_FOLDER.glob("*.toml")) == NAMES


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The samples of all layouts, each a source under the layout that it has."""
    folder = tmp_path_factory.mktemp("layouts")
    for name in NAMES:
        shutil.copytree(SAMPLES / name, folder / "data" / name)
        (folder / "data" / name / "source.toml").write_text(
            f'name = "{name}"\nlayout = "{name}"\npersonal_data = "no"\n'
        )
    store = Store(folder / "store", clock=lambda: NOON)
    answer = store.ingest(folder / "data")
    assert (answer.rejected, answer.errors) == (0, [])
    assert {s["layout"]["name"]: s["layout"]["counts"] for s in answer.sources} == dict.fromkeys(NAMES, "stated")
    return store


def decided(store: Store, name: str, **use: Any) -> tuple[int, set[str]]:
    answer = store.query(**{**PRETRAIN, **use}, where=f"source_id = '{name}'", dedup="none")
    return answer.permitted["records"], {excluded["reason"] for excluded in answer.excluded}


@pytest.mark.parametrize("name", NAMES)
def test_commercial_training_may_use_of_a_sample_what_its_layout_says(stores: Store, name: str) -> None:
    assert decided(stores, name) == DECIDED[name]


@pytest.mark.parametrize(
    ("name", "use", "permitted"),
    [
        ("gutenberg", {"jurisdiction": "US"}, 2),
        ("yfcc", {"purpose": "noncommercial"}, 2),
        ("pmc-oa", {"purpose": "noncommercial"}, 3),
        ("fineweb", {"purpose": "noncommercial"}, 0),
        ("institutional-books", {"purpose": "noncommercial"}, 0),
    ],
)
def test_other_uses_of_a_sample(stores: Store, name: str, use: dict[str, Any], permitted: int) -> None:
    assert decided(stores, name, **use)[0] == permitted


def test_evidence_names_the_layout_that_states_it(stores: Store) -> None:
    (row,) = stores.sql("SELECT record_id FROM records WHERE source_id = 'fineweb' LIMIT 1")
    evidence = stores.explain(row["record_id"], **PRETRAIN).as_json()["evidence"]
    assert any("layout fineweb" in json.dumps(claim) for claim in evidence)
    card = stores.source.show("fineweb")["card"]
    assert {"license", "covers"} <= set(card["layout"]["keys"])


def test_research_reaches_pages_of_unknown_rights_by_a_statute_that_somebody_signs(stores: Store) -> None:
    signed = {"by": "Ada Moreno, counsel", "until": "2027-06-30", "ground": "a research library"}
    named = stores.policy.sign("eu-tdm-research", lawful_access=True, **signed)
    assert named.in_force
    where = {"where": "source_id = 'fineweb'", "dedup": "none"}
    assert stores.query(policy="eu-tdm-research", **where).permitted["records"] == 2
    assert decided(stores, "fineweb")[0] == 0, "and what is asked without it stays refused"


PAGES = ["The ferry of Damson Reach was built of larch, and leaked.", "Nobody minded, for the ferryman sang."]
BOOK = {
    **{"barcode_src": "HQ1", "title_src": "The ferry book", "author_src": "Moreno, Ada", "language_gen": "eng"},
    **{"hathitrust_data_ext": {"rights_code": "pd"}, "text_by_page_gen": PAGES},
}
ATTESTED = """
[public_domain]
author = "Ada Moreno"
year_of_death = 1890
country = ["US"]
reviewer = "R. Eader"
date = 2026-11-01
"""


@pytest.mark.parametrize("as_parquet", [False, True])
def test_contract_of_a_host_binds_its_copy_and_no_other_copy_of_the_text(tmp_path: Path, as_parquet: bool) -> None:
    books, free = tmp_path / "books", tmp_path / "free"
    books.mkdir()
    free.mkdir()
    if as_parquet:
        pq.write_table(pa.Table.from_pylist([BOOK]), books / "rows.parquet")
    else:
        (books / "rows.jsonl").write_text(json.dumps(BOOK) + "\n")
    (books / "source.toml").write_text(
        f'name = "books"\nlayout = "institutional-books"\npersonal_data = "no"\n{ATTESTED}'
    )
    (free / "rows.jsonl").write_text(json.dumps({"id": "f", "text": " ".join(PAGES)}) + "\n")
    (free / "source.toml").write_text(f'name = "free"\npersonal_data = "no"\n{ATTESTED}')
    store = Store(tmp_path / "store", clock=lambda: NOON)
    answer = store.ingest([books, free])
    assert (answer.added, answer.duplicates["exact"]) == (2, 1)
    use = {**PRETRAIN, "jurisdiction": "US", "dedup": "none"}
    asked = store.query(**use)
    assert asked.permitted["records"] == 1, asked.excluded
    assert [(e["reason"], e["detail"]) for e in asked.excluded] == [
        ("license-denies", "LicenseRef-Institutional-Books-Early-Access")
    ]
    (record,) = store.query(**use, ids=True)["ids"]
    assert store.sql(f"SELECT source_id FROM records WHERE record_id = '{record}'") == [{"source_id": "free"}]
    registered = ["all", "registration:LicenseRef-Institutional-Books-Early-Access=R-1"]
    assert decided(store, "books", purpose="noncommercial", jurisdiction="US", accept=registered) == (0, {INFERRED}), (
        "the contract is kept: what is left is the rights code, which a catalogue guessed"
    )


def test_layout_is_added_as_a_file_of_data(tmp_path: Path) -> None:
    """What another corpus needs is a file: here one of a store."""
    store = Store(tmp_path / "store", clock=lambda: NOON)
    store.layout.create()
    store.layout.layouts.mkdir()
    (store.layout.layouts / "almanacs.toml").write_text(
        'schema = 1\nversion = 1\ntitle = "Almanacs"\nabout = "Almanacs."\nwhy = "Their makers license them."\n'
        '[[recognise]]\ncolumns = { leaf = "string", moon = "integer" }\n'
        '[card]\nlicense = "CC-BY-4.0"\n[card.fields]\ntext = "leaf"\n'
    )
    data = tmp_path / "data"
    data.mkdir()
    (data / "rows.jsonl").write_text(json.dumps({"leaf": "Full moon over the mole, and eels.", "moon": 14}) + "\n")
    assert "almanacs" in {layout["name"] for layout in store.layouts.list()}
    assert store.layouts.show("almanacs").origin == "store"
    answer = store.ingest(data, layout="almanacs")
    assert (answer.added, answer.rejected) == (1, 0)
    (data / "source.toml").write_text('name = "data"\nlayout = "almanacs"\npersonal_data = "no"\n')
    store.ingest(data)
    assert store.query(**PRETRAIN).permitted["records"] == 1
