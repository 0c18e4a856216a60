"""Attributes for dolma's mixer: a line for each document, in the order of the documents, under the same name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rightful.errors import DamagedInput, InputError
from rightful.integrations.dolma import attributes_of, write_attributes
from tests.unit.shelf import USE, Shelf, wording

DOCUMENTS = [
    {"id": "a", "text": wording("a"), "source": "x"},
    {"id": "b", "text": "Nü n\u00e4\U0001f6a2.", "source": "x", "metadata": {"license": "MIT"}},
    {"id": "c", "text": "A day.", "source": "x", "metadata": {"license": "MIT", "url": "https://opt.example/c"}},
    {"id": "d", "text": "", "source": "x"},
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    made.put("good", wording("a"))
    made.withdraw("domain", "opt.example")
    return made


def corpus(root: Path, name: str, documents: list[dict[str, Any]]) -> Path:
    path = root / "corpus" / "documents" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in documents).encode()
    path.write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    return path


@pytest.mark.parametrize("name", ["en/part-0.jsonl.gz", "part-0.jsonl"])
def test_attributes_lie_beside_the_documents_and_say_why(shelf: Shelf, tmp_path: Path, name: str) -> None:
    path = corpus(tmp_path, name, DOCUMENTS)
    [done] = write_attributes(path, store=shelf.store, **USE)
    assert done.path == tmp_path / "corpus" / "attributes" / "rights" / name
    assert (done.documents, done.permitted) == (4, 2)
    data = done.path.read_bytes()
    lines = [json.loads(line) for line in (gzip.decompress(data) if name.endswith(".gz") else data).splitlines()]
    assert [line["id"] for line in lines] == ["a", "b", "c", "d"]
    assert lines[1]["attributes"] == {"rights__permit": [[0, 7, 1.0]]}
    assert lines[2]["attributes"] == {"rights__permit": [[0, 6, 0.0]], "rights__withdrawn": [[0, 6, 1.0]]}
    assert lines[3]["attributes"]["rights__permit"] == [[0, 0, 0.0]]
    write_attributes(str(tmp_path / "corpus" / "documents" / "**" / "*"), store=shelf.store, **USE)
    assert done.path.read_bytes() == data


def test_attributes_go_by_the_last_folder_of_documents() -> None:
    assert attributes_of(Path("/documents/x/documents/a.jsonl")) == Path("/documents/x/attributes/rights/a.jsonl")
    with pytest.raises(InputError, match="not below a folder 'documents'"):
        attributes_of(Path("corpus/docs/documents"))


@pytest.mark.parametrize("line", ["[]", "{", '{"id": 1, "text": ""}', '{"id": "a"}'])
def test_line_that_is_no_document_is_named_and_nothing_is_written(shelf: Shelf, tmp_path: Path, line: str) -> None:
    path = corpus(tmp_path, "p.jsonl", DOCUMENTS)
    path.write_bytes(path.read_bytes() + line.encode() + b"\n")
    with pytest.raises(DamagedInput, match=r"p\.jsonl:5: is no document of dolma"):
        write_attributes(path, store=shelf.store, **USE)
    assert not list((tmp_path / "corpus").glob("attributes/**/*.jsonl*"))


def test_compressed_file_that_is_cut_off_is_damaged(shelf: Shelf, tmp_path: Path) -> None:
    path = corpus(tmp_path, "p.jsonl.gz", DOCUMENTS)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(DamagedInput, match="is no document of dolma"):
        write_attributes(path, store=shelf.store, **USE)
    with pytest.raises(InputError, match="no such file"):
        write_attributes(tmp_path / "corpus" / "documents" / "none.jsonl", store=shelf.store, **USE)


@pytest.mark.parametrize("own", ["CC0-1.0", None])
def test_statement_in_the_metadata_is_not_hidden_by_one_beside_it(
    shelf: Shelf, tmp_path: Path, own: str | None
) -> None:
    said = {
        "id": "a",
        "text": wording("new"),
        "license": own,
        "metadata": {"license": "LicenseRef-all-rights-reserved"},
    }
    [done] = write_attributes(corpus(tmp_path, "part-0.jsonl", [said]), store=shelf.store, **USE)
    assert done.permitted == 0
