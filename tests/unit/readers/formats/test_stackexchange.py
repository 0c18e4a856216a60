from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from rightful.readers import Damage, Fields, FoundFile, Item, ReadOptions, Skipped
from rightful.readers.formats import stackexchange
from rightful.readers.formats.stackexchange import site_of
from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.read import read
from rightful.readers.tree import discover
from tests.unit.readers.reading import LOOK, PACKERS, found

HEAD = '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<posts>\n'
TAIL = "</posts>\n"
SITE = "tides.stackexchange.com"


def row(number: int, body: str = "&lt;p&gt;The tide waits.&lt;/p&gt;", **more: str) -> str:
    columns = {"Id": str(number), "PostTypeId": "1", "CreationDate": "2014-03-01T10:00:00.123", "Body": body, **more}
    return "  <row " + " ".join(f'{name}="{value}"' for name, value in columns.items() if value) + " />\n"


class Outcome:
    def __init__(self, path: Path, limits: Limits = DEFAULT, name: str = f"{SITE}/Posts.xml") -> None:
        self.rows: list[dict[str, Any]] = []
        self.faults: list[tuple[str | None, str]] = []
        self.skipped: dict[str, int] = {}
        file = found(path, "stackexchange", name)
        for one in read(Item("stackexchange", (file,)), ReadOptions(look=LOOK, limits=limits)):
            if isinstance(one, Damage):
                self.faults.append((one.position, one.reason))
            elif isinstance(one, Skipped):
                self.skipped[one.reason] = self.skipped.get(one.reason, 0) + one.records
            elif hasattr(one, "to_pylist"):
                self.rows += one.to_pylist()

    @property
    def ids(self) -> list[str]:
        return [row["source_record_id"] for row in self.rows]


def outcome(tmp_path: Path, content: str | bytes, limits: Limits = DEFAULT, name: str = f"{SITE}/Posts.xml") -> Outcome:
    path = tmp_path / "Posts.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Outcome(path, limits, name)


def test_question_and_answer_have_text_title_address_date_and_authors(tmp_path: Path) -> None:
    body = "&lt;p&gt;Why &amp;amp; &lt;b&gt;when&lt;/b&gt;?&lt;/p&gt;&#xA;&lt;pre&gt;a  b&lt;/pre&gt;"
    question = row(
        7, body, Title="On &quot;tides&quot;", OwnerUserId="3", OwnerDisplayName="Imke", LastEditorUserId="4"
    )
    answer = row(8, PostTypeId="2", ParentId="7", OwnerDisplayName="user9")
    first, second = outcome(tmp_path, HEAD + question + answer + TAIL).rows
    assert (first["text"], first["title"]) == ("Why & when?\na  b", 'On "tides"')
    assert (first["url"], second["url"]) == (f"https://{SITE}/q/7", f"https://{SITE}/a/8")
    assert first["authors"] == [f"Imke (https://{SITE}/users/3)", f"https://{SITE}/users/4"]
    assert second["authors"] == ["user9"]
    assert first["published_at"].isoformat() == "2014-03-01T10:00:00.123000+00:00"
    assert (first["line"], first["media_type"]) == (3, "text/html")


def test_post_that_states_its_licence_is_taken_at_its_word(tmp_path: Path) -> None:
    got = outcome(tmp_path, HEAD + row(7, ContentLicense="CC BY-SA 4.0", LastEditDate="2019-01-01T00:00:00") + TAIL)
    assert got.rows[0]["license_raw"] == "CC BY-SA 4.0"


def test_post_that_states_none_is_of_the_day_that_it_was_written_and_of_that_of_its_edit(tmp_path: Path) -> None:
    plain, edited = row(7, LastEditDate="2014-03-01T12:00:00"), row(8, LastEditDate="2019-01-01T00:00:00")
    first, second = outcome(tmp_path, HEAD + plain + edited + TAIL).rows
    assert first["license_raw"] == f"https://{SITE}/"
    assert '"on":"2019-01-01"' in second["license_raw"]
    assert f'"site":"https://{SITE}/"' in second["license_raw"]


def test_every_post_of_a_dump_says_how_new_the_newest_is(tmp_path: Path) -> None:
    got = outcome(tmp_path, HEAD + row(7) + row(8, LastActivityDate="2024-08-01T00:00:00") + TAIL)
    assert ['"newest":"2024-08-01"' in row["statements"] for row in got.rows] == [True, True]
    got = outcome(tmp_path, HEAD + row(7, body="Date=&quot;2030-01-01T00:00") + TAIL)
    assert '"newest":"2014-03-01"' in got.rows[0]["statements"]


def test_other_kinds_of_posts_are_skipped_with_the_reason(tmp_path: Path) -> None:
    others = (
        row(1, PostTypeId="4") + row(2, PostTypeId="5") + row(3, PostTypeId="77") + row(4, body="&lt;p&gt;&lt;/p&gt;")
    )
    got = outcome(tmp_path, HEAD + others + row(5) + TAIL)
    assert got.ids == ["5"]
    assert got.skipped == {
        "the excerpt of a tag wiki": 1,
        "a tag wiki": 1,
        "a post of the kind '77'": 1,
        "a post without text": 1,
    }


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(2).replace("The", "\x01"), "not well-formed XML"),
        (row(2).encode().replace(b"The", b"\xff\xfe"), "not UTF-8: byte 0xff"),
        (row(2).replace("The", "&bomb;"), "undefined entity"),
        (row(2).replace("Id=", 'Id="1" Id=', 1), "duplicate attribute"),
        (row(2).replace(" />", ">"), "not well-formed XML"),
        (row(2).replace('Id="2"', 'Id="two"'), "whose Id is no number: 'two'"),
        ("  stray\n", "bytes between rows that are no row"),
        (row(2, body="x" * 3_000), "limit value_bytes"),
    ],
)
def test_damaged_row_is_named_with_its_line_and_costs_no_other(tmp_path: Path, bad: str | bytes, reason: str) -> None:
    raw = bad.encode() if isinstance(bad, str) else bad
    got = outcome(tmp_path, (HEAD + row(1)).encode() + raw + (row(3) + TAIL).encode(), Limits(value_bytes=2_000))
    ((position, fault),) = got.faults
    assert got.ids == ["1", "3"]
    assert reason in fault
    assert position == "line 4"


@pytest.mark.parametrize("pack", ["", *PACKERS])
@pytest.mark.parametrize("cut", [0, 6, 40, 90])
def test_dump_that_is_cut_is_read_up_to_there_and_says_so(tmp_path: Path, cut: int, pack: str) -> None:
    first = (HEAD + row(1)).encode()
    whole = first + (row(2) + row(3) + TAIL).encode()
    raw = whole[: len(first) + cut]
    path = tmp_path / f"Posts.xml{pack}"
    path.write_bytes(PACKERS[pack](raw) if pack else raw)
    got = Outcome(path)
    assert got.ids == ["1"]
    ((_, reason),) = got.faults
    assert "ends without </posts>" in reason


def test_rows_on_one_line_are_read(tmp_path: Path) -> None:
    got = outcome(tmp_path, (HEAD + row(1) + row(2) + TAIL).replace("\n", ""))
    assert (got.ids, got.faults) == (["1", "2"], [])


@pytest.mark.parametrize(
    "declared", ['<!DOCTYPE posts [<!ENTITY a "ha">]>', '<!DOCTYPE posts SYSTEM "file:///etc/passwd">']
)
def test_document_type_is_refused(tmp_path: Path, declared: str) -> None:
    got = outcome(tmp_path, declared + "<posts>" + row(1) + TAIL)
    assert got.rows == []
    assert "<!DOCTYPE" in got.faults[0][1]


def test_what_is_no_dump_is_named(tmp_path: Path) -> None:
    assert "its first element is not <posts>" in outcome(tmp_path, "<feed><a/></feed>").faults[0][1]
    assert outcome(tmp_path, "").faults == [(None, "no posts of Stack Exchange: there is nothing in it")]
    assert outcome(tmp_path, HEAD + TAIL).faults == []


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("beer.stackexchange.com/Posts.xml", "beer.stackexchange.com"),
        ("beer.meta.stackexchange.com.7z/Posts.xml", "beer.meta.stackexchange.com"),
        ("dumps/stackoverflow.com-Posts/Posts.xml", "stackoverflow.com"),
        ("pt.stackoverflow.com/Posts.xml", "pt.stackoverflow.com"),
        ("meta.superuser.com/Posts.xml.gz", "meta.superuser.com"),
        ("mathoverflow.net/Posts.xml", "mathoverflow.net"),
        ("a/beer.stackexchange-Posts.first250.xml", "beer.stackexchange.com"),
        ("mystackoverflow.com/Posts.xml", None),
        ("Posts.xml", None),
    ],
)
def test_site_is_told_by_the_name(name: str, site: str | None) -> None:
    assert site_of(name) == site


def test_site_that_is_not_known_gives_no_address(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (post,) = outcome(tmp_path / "x", HEAD + row(1, OwnerUserId="3") + TAIL, name="Posts.xml").rows
    assert (post["url"], post["authors"]) == (None, ["user 3"])
    assert post["license_raw"] == "https://stackexchange.com/"


def test_other_files_of_a_dump_are_passed_over_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(HEAD + row(1) + TAIL, encoding="utf-8")
    (tmp_path / "Users.xml").write_text('<?xml version="1.0"?>\n<users>\n<row Id="1" DisplayName="Imke" />\n</users>')
    (tmp_path / "Votes.xml").write_text('<votes>\n<row Id="1" />\n</votes>')
    (tmp_path / "other.xml").write_text('<posts user="imke">\n<post href="x" />\n</posts>')
    listing = discover(tmp_path)
    assert {file.name: file.format for file in listing.files}["a.xml"] == "stackexchange"
    reasons = {one.file: one.reason for one in listing.skipped}
    assert reasons["Users.xml"] == "accounts of a Stack Exchange dump: persons, no texts"
    assert reasons["Votes.xml"] == "votes of a Stack Exchange dump: no texts"
    assert {file.name: file.format for file in listing.files}.get("other.xml") != "stackexchange"


def test_divide_never_cuts(tmp_path: Path) -> None:
    assert stackexchange.divide(FoundFile(tmp_path / "x", "x", 10**12, 0, "stackexchange"), 1) == ((0, None),)


def test_columns_of_a_post_are_kept_where_the_recipe_says_so(tmp_path: Path) -> None:
    path = tmp_path / "Posts.xml"
    path.write_text(HEAD + row(1, Score="7", Tags="|moon|", ContentLicense="CC BY-SA 4.0") + TAIL, encoding="utf-8")
    for keep, kept in ((("all",), {"Score": "7", "Tags": "|moon|", "PostTypeId": "1"}), (("Score",), {"Score": "7"})):
        options = ReadOptions(Fields(keep=keep), LOOK)
        batches = list(read(Item("stackexchange", (found(path, "stackexchange"),)), options))
        (post,) = [one for batch in batches if isinstance(batch, pa.RecordBatch) for one in batch.to_pylist()]
        assert json.loads(post["kept"]) == kept
