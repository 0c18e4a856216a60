"""What an archive holds is read as a folder of the same files is: the same records, the same rights; and it stands as a file does."""

from __future__ import annotations

import json
import lzma
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rightful.api.store import Store
from rightful.cli.pages.ingest import ingest_lines
from tests.unit.readers.packing import as_tar, as_zip, tar_entry
from tests.unit.readers.reading import PACKERS
from tests.unit.signals.packages.test_packages import MIT

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
CARD = 'name = "letters"\npersonal_data = "no"\n'


def text(name: str) -> str:
    return (
        f"The heron of {name} stands in shallow water and waits, as it did every morning of that long year in {name}."
    )


def rows(*names: str) -> str:
    return "".join(json.dumps({"id": n, "text": text(n), "url": f"https://{n}.example.org/p"}) + "\n" for n in names)


PACKAGES: Mapping[str, str] = {
    "LICENSE": MIT,
    "a.txt": text("a"),
    "node_modules/one/package.json": '{"license": "GPL-3.0-only"}',
    "node_modules/one/x.js": f"// {text('one')}",
    "node_modules/two/x.js": f"// {text('two')}",
    "node_modules/two/node_modules/three/LICENSE": MIT,
    "node_modules/two/node_modules/three/x.js": f"// {text('three')}",
    "lib/site-packages/pkg/x.py": f"# {text('pkg')}",
    "lib/site-packages/pkg-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: pkg\nLicense-Expression: Apache-2.0\n",
    "lib/site-packages/pkg-1.dist-info/RECORD": "pkg/x.py,,\npkg-1.dist-info/METADATA,,\n",
    "lib/site-packages/other/x.py": f"# {text('other')}",
    "closed/ai.txt": "User-Agent: *\nDisallow: /\n",
    "closed/x.txt": text("closed"),
    "data/license=CC-BY-4.0/r.jsonl": rows("parted"),
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def laid(root: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def packed(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def below(files: Mapping[str, str], folder: str) -> dict[str, str]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def rights(store: Store, before: str = "") -> dict[str, tuple[Any, ...]]:
    """Of every record, by its file from ``before`` on: what is stated, concluded and permitted."""
    permitted = set(store.query(**USE, dedup="none", ids=True).get("ids", ()))
    listed = store.sql("SELECT file, license_declared, license_concluded, license_conflict, record_id FROM records")
    return {
        str(r["file"])[len(before) :]: (
            *(r[k] for k in ("license_declared", "license_concluded", "license_conflict")),
            r["record_id"] in permitted,
        )
        for r in listed
    }


def counting(store: Store) -> set[str]:
    return {str(r["file"]) for r in store.sql("SELECT file FROM records")}


def test_archive_is_read_as_the_folder_is_with_the_papers_of_its_packages(tmp_path: Path) -> None:
    """``node_modules`` at the top of a folder is passed over; at the top of an archive it is what was archived."""
    files = {name: content for name, content in PACKAGES.items() if not name.startswith("node_modules")}
    inner = {name.removeprefix("node_modules/"): content for name, content in PACKAGES.items() if name not in files}
    as_folder, as_archive = Store(tmp_path / "one"), Store(tmp_path / "two")
    as_folder.ingest(laid(tmp_path / "f" / "site", files), workers=1)
    as_folder.ingest(laid(tmp_path / "n" / "node_modules", inner), workers=1)
    as_archive.ingest(packed(tmp_path / "t" / "site.tar.zst", PACKERS[".zst"](as_tar(files))), workers=1)
    as_archive.ingest(packed(tmp_path / "z" / "n.zip", as_zip(below(inner, "node_modules"))), workers=1)
    expected = rights(as_folder)
    got = {
        name.removeprefix("site.tar.zst/").removeprefix("n.zip/node_modules/"): r
        for name, r in rights(as_archive).items()
    }
    assert got == expected
    assert expected["a.txt"][:2] == ("MIT", "MIT")
    assert expected["lib/site-packages/pkg/x.py"][1] == "Apache-2.0"
    assert expected["lib/site-packages/other/x.py"][1] is None
    assert expected["data/license=CC-BY-4.0/r.jsonl"][1] == "CC-BY-4.0 AND MIT"
    assert expected["one/x.js"][1] == "GPL-3.0-only"
    assert expected["two/x.js"][1] is None


def test_papers_on_disk_hold_inside_up_to_where_a_package_begins(store: Store, tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"LICENSE": MIT})
    packed(root / "in.zip", as_zip(below(PACKAGES, "top") | {"top/LICENSE": "see nothing"}))
    packed(root / "node_modules" / "x.zip", as_zip({"a.txt": text("beyond")}))
    store.ingest([root, root / "node_modules"], workers=1)
    got = rights(store)
    assert got["in.zip/top/lib/site-packages/other/x.py"][1] is None
    assert got["in.zip/top/lib/site-packages/pkg/x.py"][1] == "Apache-2.0"
    assert got["node_modules/x.zip/a.txt"][1] is None


def test_archive_in_an_archive_keeps_its_name_and_the_papers_around_it(store: Store, tmp_path: Path) -> None:
    inner = as_zip({"r.jsonl": rows("a", "b"), "x.txt": text("x")})
    outer = as_tar({"top/LICENSE": MIT, "top/in.zip": inner, "top/y.txt": text("y"), "top/source.toml": CARD})
    answer = store.ingest(packed(tmp_path / "c" / "o.tar.xz", lzma.compress(outer)), workers=1)
    assert (answer.read, answer.added, answer.rejected) == (5, 5, 0)
    assert {name: r[1] for name, r in rights(store).items()} == dict.fromkeys(
        ("o.tar.xz/top/LICENSE", "o.tar.xz/top/in.zip/r.jsonl", "o.tar.xz/top/in.zip/x.txt", "o.tar.xz/top/y.txt"),
        "MIT",
    )
    reason = "a card inside an archive does not govern: put source.toml beside the archive"
    assert {"file": "o.tar.xz/top/source.toml", "reason": reason} in answer.skipped
    [row] = store.sql("SELECT record_id FROM records WHERE file = 'o.tar.xz/top/in.zip/x.txt'")
    explained = store.explain(str(row["record_id"]), **USE)
    assert [e["place"] for e in explained.evidence if e["kind"] == "grant"] == ["o.tar.xz/top/LICENSE"]
    assert list((tmp_path / "store" / "staging").iterdir()) == []


def test_archives_deeper_than_allowed_are_named(store: Store, tmp_path: Path) -> None:
    content = as_zip({"x.txt": text("deep")})
    for n in range(5):
        content = as_zip({f"{n}.zip": content, f"{n}.txt": text(str(n))})
    path = packed(tmp_path / "c" / "o.zip", content)
    answer = store.ingest(path, workers=1)
    assert [e["file"] for e in answer.errors] == ["o.zip/4.zip/3.zip/2.zip/1.zip"]
    assert "--limit depth" in answer.errors[0]["reason"]
    assert counting(store) == {
        "o.zip/4.txt",
        "o.zip/4.zip/3.txt",
        "o.zip/4.zip/3.zip/2.txt",
        "o.zip/4.zip/3.zip/2.zip/1.txt",
    }
    assert store.ingest(path, workers=1, limit={"depth": 9}).errors == []


def test_archive_stands_as_a_file_does(store: Store, tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": CARD})
    path = packed(root / "c.zip", as_zip({"a.txt": text("a"), "b.txt": text("b"), "r.jsonl": rows("r", "s")}))
    assert store.ingest(root, workers=1).added == 4
    again = store.ingest(root, workers=1)
    assert (again.read, again.added, again.unchanged, again.snapshot) == (4, 0, 4, 1)
    assert store.ingest(root, workers=1, rehash=True).unchanged == 4
    os.utime(path, (1, 1))
    assert store.ingest(root, workers=1).unchanged == 4

    path.write_bytes(as_zip({"a.txt": text("a"), "r.jsonl": rows("r")}))
    changed = store.ingest(root, workers=1)
    assert (changed.unchanged, changed.added, changed.superseded + changed.retired) == (2, 0, 2)
    assert counting(store) == {"c.zip/a.txt", "c.zip/r.jsonl"}

    moved = root.rename(tmp_path / "elsewhere")
    kept = store.ingest(moved, workers=1, prune=True)
    assert (kept.unchanged, kept.added, kept.gone) == (2, 0, [])
    assert counting(store) == {"c.zip/a.txt", "c.zip/r.jsonl"}
    assert store.ingest(moved, workers=1).unchanged == 2

    (moved / "c.zip").rename(tmp_path / "apart.zip")
    packed(moved / "d.txt", text("d").encode())
    gone = store.ingest(moved, workers=1)
    assert {g["file"]: g["records"] for g in gone.gone if g["file"] != "c.zip/b.txt"} == {
        "c.zip": 0,
        "c.zip/a.txt": 1,
        "c.zip/r.jsonl": 1,
    }
    assert len(counting(store)) == 3
    store.ingest(moved, workers=1, prune=True)
    assert counting(store) == {"d.txt"}


def test_archive_that_becomes_a_text_or_a_folder(store: Store, tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": CARD, "z.txt": text("z")})
    path = packed(root / "c", as_zip({"a.txt": text("a")}))
    store.ingest(root, workers=1)
    path.write_text(text("now a text"))
    store.ingest(root, workers=1)
    assert counting(store) == {"c", "z.txt"}
    path.unlink()
    laid(root / "c", {"a.txt": text("a"), "b.txt": text("b")})
    store.ingest(root, workers=1, prune=True)
    assert counting(store) == {"c/a.txt", "c/b.txt", "z.txt"}
    shutil.rmtree(root / "c")
    packed(path, as_zip({"a.txt": text("a")}))
    store.ingest(root, workers=1, prune=True)
    assert counting(store) == {"c/a.txt", "z.txt"}
    path.write_bytes(b"\0\1\2")
    store.ingest(root, workers=1)
    assert counting(store) == {"z.txt"}


def test_archive_passes_to_the_source_of_a_new_card(store: Store, tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": CARD, "z.txt": text("z")})
    packed(root / "sub" / "c.zip", as_zip({"a.txt": text("a")}))
    store.ingest(root, workers=1)
    (root / "sub" / "source.toml").write_text(CARD.replace("letters", "others"))
    store.ingest(root, workers=1)
    assert {(r["source_id"], r["file"]) for r in store.sql("SELECT source_id, file FROM records")} == {
        ("letters", "z.txt"),
        ("others", "c.zip/a.txt"),
    }
    assert store.ingest(root, workers=1).unchanged == 2


def test_archive_of_which_not_all_can_be_read_is_read_and_permits_nothing(store: Store, tmp_path: Path) -> None:
    """What is lost may have been a statement about what is there."""
    root = laid(tmp_path / "corpus", {"source.toml": f'{CARD}license = "CC0-1.0"\n'})
    files = {f"{n}.txt": text(str(n)) for n in range(9)}
    content = as_tar(files)
    path = packed(root / "c.tar", content[:4_650])
    answer = store.ingest(root, workers=1)
    assert answer.added == 4
    assert {e["file"] for e in answer.errors} == {"c.tar", "c.tar/4.txt"}
    assert not any(r[-1] for r in rights(store).values())
    assert store.query(**USE)["excluded"][0]["reason"] == "license-unreadable"
    assert store.ingest(root, workers=1).errors == answer.errors, "it is told each time"
    path.write_bytes(content)
    store.ingest(root, workers=1)
    assert [r[-1] for r in rights(store).values()] == [True] * 9


@pytest.mark.parametrize("twice", [True, False])
def test_licence_in_an_archive_that_cannot_be_read_blocks(store: Store, tmp_path: Path, twice: bool) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": f'{CARD}license = "CC0-1.0"\n'})
    content = bytearray(as_zip([("LICENSE", MIT.encode()), ("LICENSF", b"no"), ("a.txt", text("a").encode())]))
    if twice:
        content = bytearray(bytes(content).replace(b"LICENSF", b"LICENSE"))
    else:
        content[content.index(b"PK\x01\x02") + 8] |= 1  # encrypted
    packed(root / "c.zip", bytes(content))
    store.ingest(root, workers=1)
    assert not any(r[-1] for r in rights(store).values())


def test_workers_give_the_same_bytes(tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": CARD, "z.txt": text("z")})
    for n in range(3):
        packed(root / f"{n}.tar", as_tar({f"{name}/{n}.txt": text(f"{name}{n}") for name in "abc"}))
    stores = []
    for workers in (1, 2):
        one = tmp_path / f"store{workers}"
        Store(one).ingest(root, workers=workers)
        parts = [*sorted(one.glob("records/*")), *sorted(one.glob("texts/*"))]
        stores.append({p.relative_to(one): p.read_bytes() for p in parts})
    assert len(stores[0]) == 8
    assert stores[0].keys() == stores[1].keys()


def test_patterns_mean_what_an_archive_holds_and_what_is_left_out_stands(store: Store, tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": CARD, "z.md": text("z")})
    inner = as_zip({"LICENSE": MIT, "docs/d.md": text("d"), "x.txt": text("x"), "node_modules/n.md": text("n")})
    packed(root / "sub" / "o.tar", as_tar({"top/in.zip": inner, "top/y.md": text("y"), "top/drafts/e.md": text("e")}))
    first = store.ingest(root, workers=1, include="*.md", exclude=["drafts/", "*.txt"])
    some = {"z.md", "sub/o.tar/top/in.zip/docs/d.md", "sub/o.tar/top/y.md"}
    assert counting(store) == some
    assert {s["file"]: s["reason"] for s in first.skipped} == {
        "sub/o.tar/top/drafts/": "left out by --exclude drafts/",
        "sub/o.tar/top/in.zip/LICENSE": "left out by --include",
        "sub/o.tar/top/in.zip/x.txt": "left out by --exclude *.txt",
        "sub/o.tar/top/in.zip/node_modules": "caches and environments",
    }
    assert rights(store)["sub/o.tar/top/in.zip/docs/d.md"][1] == "MIT", "papers count, whether they are read or not"
    assert store.ingest(root, workers=1, include="*.md", exclude=["drafts/", "*.txt"]).unchanged == 3
    assert store.ingest(root, workers=1).added == 3
    everything = counting(store)
    assert everything > some
    only = store.ingest(root, workers=1, include="sub/o.tar/top/in.zip/docs/**", prune=True)
    assert (only.read, only.unchanged, only.gone, counting(store)) == (1, 1, [], everything)
    assert store.ingest(root, workers=1).unchanged == 6
    named = Store(tmp_path / "named")
    named.ingest(root / "sub" / "o.tar", workers=1, include="o.tar/top/*.md")
    assert counting(named) == {"o.tar/top/y.md"} or counting(named) == {"sub/o.tar/top/y.md"}


def test_forced_format_holds_for_what_an_archive_holds(store: Store, tmp_path: Path) -> None:
    content = as_zip({"a.dat": rows("a", "b"), "in.tar": as_tar({"b.dat": rows("c")})})
    assert store.ingest(packed(tmp_path / "c.zip", content), workers=1, format="jsonl").added == 3


def test_what_a_killed_run_unpacked_is_gone_with_the_next(store: Store, tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": CARD})
    packed(root / "c.zip", as_zip({"a.txt": text("a")}))
    store.ingest(root, workers=1)
    for run in ("another", "third"):
        left = laid(tmp_path / "store" / "staging" / run / "000000.1.unpacked", {"x/a.txt": text("private")})
        store.ingest(root, workers=1)
        assert not left.exists()


def test_store_that_is_named_by_a_relative_path_or_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed(tmp_path / "c.zip", as_zip({"top/in.tar": as_tar({"a.txt": text("a"), "LICENSE": MIT})}))
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path)
    assert Store("link/store").ingest("c.zip", workers=1).added == 2


def test_bomb_is_refused_with_the_bound_and_what_came_before_is_read(store: Store, tmp_path: Path) -> None:
    bomb = as_zip({"a.txt": text("a"), "in.zip": as_zip({f"{n}.txt": bytes(80 << 20) for n in range(2)}), "z.txt": "z"})
    answer = store.ingest(packed(tmp_path / "c" / "bomb.zip", bomb), workers=1)
    assert answer.added == 2
    assert answer.errors[0]["file"] == "bomb.zip/in.zip"
    assert "more than 1,000 times" in answer.errors[0]["reason"]
    assert list((tmp_path / "store" / "staging").iterdir()) == []


def test_tag_and_withdrawal_of_a_source_reach_what_came_of_archives(store: Store, tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": CARD})
    packed(root / "c.zip", as_zip({"a.txt": text("a"), "r.jsonl": rows("b")}))
    store.ingest(root, workers=1)
    store.tag(recipe="web-en", workers=1)
    assert len(counting(store)) == 2
    assert store.ingest(root, workers=1, recipe="web-en").added == 0
    store.consent.withdraw(source="letters")
    assert store.query(**USE)["permitted"]["records"] == 0


def test_folders_that_the_archive_lies_in_speak_and_those_of_the_store_do_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "license=MIT" / "store")
    packed(tmp_path / "license=GPL-3.0-only" / "c.zip", as_zip({"a.txt": text("a"), "r.jsonl": rows("r")}))
    packed(tmp_path / "plain" / "c.zip", as_zip({"a.txt": text("b"), "license=CC0-1.0/r.jsonl": rows("s")}))
    store.ingest(tmp_path / "license=GPL-3.0-only", workers=1)
    store.ingest(tmp_path / "plain", workers=1)
    concluded = sorted(str(r["license_concluded"]) for r in store.sql("SELECT license_concluded FROM records"))
    assert concluded == ["CC0-1.0", "GPL-3.0-only", "GPL-3.0-only", "None"]


def test_run_that_is_killed_leaves_nothing_once_the_next_one_ran(store: Store, tmp_path: Path) -> None:
    root = laid(tmp_path / "corpus", {"source.toml": CARD})
    packed(root / "c.zip", as_zip({f"{n}.txt": text(str(n)) for n in range(5_000)}))
    script = "import sys; from rightful import Store; Store(sys.argv[1]).ingest(sys.argv[2], workers=1)"
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "store"), str(root)])
    staging = tmp_path / "store" / "staging"
    while process.poll() is None and not list(staging.glob("*/*.unpacked/x/*")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert list(staging.glob("*/*.unpacked/x/*")), "it was killed while the archive lay there"
    assert store.ingest(root, workers=1).added == 5_000
    assert list(staging.iterdir()) == []


NC = "This work is licensed under the Creative Commons Attribution-NonCommercial 4.0 International License.\n"
GRANTED = CARD + 'license = "CC0-1.0"\ncovers = "contents"\n'


def chosen(store: Store) -> set[str]:
    ids = store.query(**USE, ids=True, dedup="none").ids
    return {r["file"] for r in store.sql("SELECT record_id, file FROM records") if r["record_id"] in ids}


def test_license_file_that_is_a_link_blocks_unless_what_it_leads_to_speaks_anyway(store: Store, tmp_path: Path) -> None:
    lying = {"licenses/nc.txt": NC, "one/a.txt": text("one"), "two/b/c.txt": text("two"), "three/d.txt": text("three")}
    links = {"one/LICENSE": "../licenses/nc.txt", "two/b/LICENSE": "../LICENSE", "three/LICENSE": "/etc/LICENSE"}
    lying["two/LICENSE"] = MIT
    as_info = []
    for name, target in links.items():
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        as_info.append((info, target.encode()))
    folder = laid(tmp_path / "in", {"source.toml": GRANTED})
    (folder / "t.tar").write_bytes(as_tar(lying, *(tar_entry(n, tarfile.SYMTYPE, to) for n, to in links.items())))
    (folder / "z.zip").write_bytes(as_zip([*((n, c.encode()) for n, c in lying.items()), *as_info]))
    store.ingest(folder, workers=1)
    assert {"t.tar/two/b/c.txt", "z.zip/two/b/c.txt"} <= chosen(store)
    assert not chosen(store) & {f"{a}/{n}" for a in ("t.tar", "z.zip") for n in ("one/a.txt", "three/d.txt")}


def test_license_file_of_which_backslashes_hide_the_folder_blocks_its_archive(store: Store, tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", {"source.toml": GRANTED})
    (folder / "a.tar").write_bytes(as_tar({"p\\a.txt": text("a"), "p\\LICENSE": NC}))
    (folder / "b.tar").write_bytes(as_tar({"p\\b.txt": text("b")}))
    store.ingest(folder, workers=1)
    assert chosen(store) == {"b.tar/p\\b.txt"}


def test_license_beside_a_wheel_grants_nothing_of_what_is_in_it(store: Store, tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", {"source.toml": CARD, "LICENSE": MIT, "own/a.txt": text("own")})
    wheel = {"pkg/x.py": f"# {text('pkg')}", "pkg-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: pkg\n"}
    (folder / "pkg-1-py3-none-any.whl").write_bytes(as_zip(wheel))
    (folder / "o.zip").write_bytes(as_zip({"a/LICENSE": MIT, "a/y.txt": text("y"), "a/w.whl": as_zip(wheel)}))
    store.ingest(folder, workers=1)
    assert {f for f in chosen(store) if not f.endswith("LICENSE")} == {"own/a.txt", "o.zip/a/y.txt"}


def test_files_of_an_archive_count_and_no_command_names_one(store: Store, tmp_path: Path) -> None:
    loose = laid(tmp_path / "in", {"b.txt": text("b"), "c.txt": text("c")})
    odd = "Do what the harbour master says, and nothing else. " * 10
    packed(
        loose / "p.zip",
        as_zip({"odd/LICENSE": odd.encode(), "odd/a.txt": text("a").encode(), "d.txt": text("d").encode()}),
    )
    answer = store.ingest(loose)
    (source,) = answer.sources
    assert (source["files"], source["beside"]) == (5, 2)
    shown = "\n".join(ingest_lines(answer))
    assert "2 files have no source.toml; what lies beside them counts: LICENSE" in shown
    assert "3 files have no source.toml: what their rows do not say about rights is unknown" in shown
    assert answer.papers[0]["place"].startswith("p.zip/odd/LICENSE")
    assert not [step for step in answer.next if step["command"] and "license detect" in step["command"]]
