"""What lies beside texts decides what may be done with them, is shown with its place, and ends with its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rightful.api.store import Store
from tests.unit.signals.packages.test_packages import MIT

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}


def tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def text(name: str) -> str:
    return (
        f"The heron of {name} stands in shallow water and waits, as it did every morning of that long year in {name}."
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def rights(store: Store) -> dict[str, tuple[str | None, bool]]:
    rows = store.sql("SELECT file, license_concluded, license_conflict FROM records")
    return {str(r["file"]): (r["license_concluded"], bool(r["license_conflict"])) for r in rows}


def permitted(store: Store) -> set[str]:
    ids = set(store.query(**USE, dedup="none", ids=True).get("ids", ()))
    return {str(r["file"]) for r in store.sql("SELECT file, record_id FROM records") if r["record_id"] in ids}


def explained(store: Store, file: str) -> Any:
    [row] = store.sql(f"SELECT record_id FROM records WHERE file = '{file}'")
    return store.explain(str(row["record_id"]), **USE)


def test_vendored_gpl_in_an_mit_tree_is_both_and_each_claim_has_its_place(store: Store, tmp_path: Path) -> None:
    root = tree(
        tmp_path / "birds",
        {
            "LICENSE": MIT,
            "a.txt": text("a"),
            "vendor/package.json": '{"license": "GPL-3.0-only"}',
            "vendor/b.txt": text("b"),
            "vendor/mit/LICENSE": MIT,
            "vendor/mit/c.txt": text("c"),
        },
    )
    store.ingest(root, workers=1)
    assert rights(store)["a.txt"] == ("MIT", False)
    assert rights(store)["vendor/b.txt"] == ("GPL-3.0-only AND MIT", True)
    answer = explained(store, "vendor/mit/c.txt")
    assert [
        (e["expression"], e["place"], e["tier"], e["detector"]) for e in answer.evidence if e["kind"] == "grant"
    ] == [
        ("MIT", "birds/vendor/mit/LICENSE", 5, "license-file/3"),
        ("GPL-3.0-only", "birds/vendor/package.json (license)", 5, "package-json/3"),
        ("MIT", "birds/LICENSE", 5, "license-file/3"),
    ]
    assert all(e["raw"] and e["beside"] for e in answer.evidence if e["kind"] == "grant")
    assert {"share_alike", "disclose_source"} & set(" ".join(answer["obligations"]).replace(":", " ").split())
    [own] = [e for e in explained(store, "a.txt").evidence if e["kind"] == "grant"]
    assert own["place"] == "birds/LICENSE", "another file has the same profile, not the same papers"


def test_unreadable_licence_blocks_what_the_card_permits(store: Store, tmp_path: Path) -> None:
    card = 'name = "birds"\nlicense = "MIT"\npersonal_data = "no"\n'
    root = tree(tmp_path / "birds", {"source.toml": card, "a.txt": text("a"), "sub/b.txt": text("b")})
    tree(root, {"sub/LICENSE": MIT + "\nNot for commercial purposes.\n"})
    store.ingest(root, workers=1)
    assert permitted(store) == {"a.txt"}
    assert rights(store) == {"a.txt": ("MIT", False), "sub/b.txt": (None, True), "sub/LICENSE": (None, True)}
    reasons = {r["reason"] for r in explained(store, "sub/b.txt")["reasons"]}
    assert reasons == {"license-unreadable"}


def test_card_that_is_given_does_not_silence_the_tree(store: Store, tmp_path: Path) -> None:
    root = tree(
        tmp_path / "birds", {"a.txt": text("a"), "LICENSE": MIT, "b/COPYING": "GPL-3.0-only", "b/b.txt": text("b")}
    )
    card = tmp_path / "card.toml"
    card.write_text('name = "birds"\nlicense = "CC0-1.0"\npersonal_data = "no"\n')
    store.ingest(root, source=card, workers=1)
    assert rights(store)["birds/a.txt"] == ("CC0-1.0 AND MIT", True)
    assert rights(store)["birds/b/b.txt"] == ("CC0-1.0 AND GPL-3.0-only AND MIT", True)


SIDECAR = "SPDX-License-Identifier: CC-BY-4.0\n"


@pytest.mark.parametrize(
    ("scope", "licenses"),
    [("collection", "GPL-3.0-only AND CC-BY-4.0"), ("files", "CC-BY-4.0")],
)
def test_file_that_states_its_own_licence_keeps_what_holds_for_all_unless_the_card_says_otherwise(
    store: Store, tmp_path: Path, scope: str, licenses: str
) -> None:
    card = f'name = "birds"\nlicense = "GPL-3.0-only"\npersonal_data = "no"\nscope = "{scope}"\n'
    files = {"source.toml": card, "a.txt": text("a"), "a.txt.license": SIDECAR, "b.txt": text("b")}
    store.ingest(tree(tmp_path / "birds", files), workers=1)
    assert rights(store)["a.txt"][0] == licenses
    assert rights(store)["b.txt"][0] == "GPL-3.0-only"


@pytest.mark.parametrize("own", ["SPDX-License-Identifier: ours\n", "SPDX-License-Identifier:\n"])
def test_own_licence_that_cannot_be_read_takes_the_place_of_nothing(store: Store, tmp_path: Path, own: str) -> None:
    card = 'name = "birds"\nlicense = "GPL-3.0-only"\npersonal_data = "no"\nscope = "files"\n'
    store.ingest(tree(tmp_path / "birds", {"source.toml": card, "a.txt": text("a"), "a.txt.license": own}), workers=1)
    assert "a.txt" not in permitted(store)
    assert {e.get("expression") for e in explained(store, "a.txt").evidence if e["kind"] == "grant"} == {
        None,
        "GPL-3.0-only",
    }


def test_grant_of_a_file_ends_with_it_and_a_newer_card_does_not_end_it(store: Store, tmp_path: Path) -> None:
    root = tree(tmp_path / "birds", {"a.txt": text("a"), "LICENSE": MIT})
    tree(root, {"source.toml": 'name = "birds"\npersonal_data = "no"\n'})
    store.ingest(root, workers=1)
    assert "a.txt" in permitted(store)
    tree(root, {"source.toml": 'name = "birds"\npersonal_data = "no"\npublisher = "Mira"\n', "b/c.txt": text("c")})
    store.ingest(root / "b", workers=1)
    assert "a.txt" in permitted(store), "the card of the source is newer; the file beside says what it said"
    (root / "LICENSE").unlink()
    store.ingest(root, workers=1, prune=True)
    assert permitted(store) == set()


def test_licence_file_that_changes_is_read_again(store: Store, tmp_path: Path) -> None:
    root = tree(tmp_path / "birds", {"a.txt": text("a"), "LICENSE": MIT})
    first = store.ingest(root, workers=1)
    assert store.ingest(root, workers=1)["unchanged"] == first["read"]
    tree(root, {"LICENSE": "GPL-3.0-only"})
    store.ingest(root, workers=1)
    assert rights(store)["a.txt"] == ("GPL-3.0-only", False)


def test_evidence_view_has_every_paper_with_the_files_that_it_speaks_of(store: Store, tmp_path: Path) -> None:
    files = {"packages/a/LICENSE.txt": MIT, "packages/a/x.txt": text("x")}
    files |= {"packages/b/LICENSE.txt": MIT, "packages/b/y.txt": text("y")}
    store.ingest(tree(tmp_path / "app", files), workers=1)
    shown = store.sql(
        """SELECT e.place, e.files, e.detector, e.detector_version FROM evidence e JOIN records r USING (rights_id)
        WHERE r.file = 'packages/a/x.txt' AND e.kind = 'grant' ORDER BY place"""
    )
    assert [(r["place"], r["files"], r["detector"], r["detector_version"]) for r in shown] == [
        (
            f"app/packages/{n}/LICENSE.txt",
            [f"packages/{n}/LICENSE.txt", f"packages/{n}/{x}.txt"],
            "license-file",
            "3",
        )
        for n, x in (("a", "x"), ("b", "y"))
    ]
    [own] = [e for e in explained(store, "packages/b/y.txt").evidence if e["kind"] == "grant"]
    assert own["place"] == "app/packages/b/LICENSE.txt"


@pytest.mark.parametrize(
    ("cargo", "licenses"),
    [
        ('[package]\nlicense = "0BSD OR GPL-3.0-only"\n', "0BSD OR GPL-3.0-only"),
        ('[package]\nlicense = "0BSD OR MIT"\n', "0BSD AND (0BSD OR MIT) AND GPL-3.0-only"),
        ('[package]\nname = "birds"\n', "0BSD AND GPL-3.0-only"),
        ("", "0BSD AND GPL-3.0-only"),
    ],
)
def test_licence_files_all_hold_unless_the_package_says_that_one_may_be_chosen(
    store: Store, tmp_path: Path, cargo: str, licenses: str
) -> None:
    files = {"LICENSE-0BSD": "0BSD", "LICENSE-GPL": "GPL-3.0-only", "Cargo.toml": cargo, "a.txt": text("a")}
    store.ingest(tree(tmp_path / "birds", files), workers=1)
    assert rights(store)["a.txt"][0] == licenses


def test_choice_that_another_folder_states_leaves_licence_files_as_they_are(store: Store, tmp_path: Path) -> None:
    files = {"Cargo.toml": '[package]\nlicense = "0BSD OR GPL-3.0-only"\n', "sub/a.txt": text("a")}
    files |= {"sub/LICENSE-0BSD": "0BSD", "sub/LICENSE-GPL": "GPL-3.0-only"}
    store.ingest(tree(tmp_path / "birds", files), workers=1)
    assert rights(store)["sub/a.txt"][0] == "0BSD AND (0BSD OR GPL-3.0-only) AND GPL-3.0-only"
