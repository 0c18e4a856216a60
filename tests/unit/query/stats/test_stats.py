"""Statistics: counts that add up, bins with the right ends, plots that nothing hostile gets out of."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.cli.pages.stats import stats_lines
from rightful.errors import InputError, UnknownName
from rightful.notation.shown import share
from rightful.query.stats import folder
from rightful.query.stats.axes import AXES, HISTOGRAMS, chosen
from rightful.query.stats.plots import MOST_BARS, bars, columns
from rightful.query.stats.svg import reads_from_right, shortened, ticks, width_of
from rightful.query.stats.tally import MOST_VALUES, Tally
from rightful.store.duck import connect, fill
from rightful.store.records import DUPLICATES, RECORDS
from tests.e2e.corpus import acts_on_a_terminal

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    'a" onload="x & y',
    "]]><!-- &amp; -->",
    "evil\u202egpj.exe",
    "two\nlines\x1b[31m\x00\ufffe",
    "\ud7ff\U0010ffff",
    "אוניברסיטה העברית",
    "",
]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect(threads=2)
    yield made
    made.close()


def store(
    con: duckdb.DuckDBPyConnection, *rows: dict[str, Any], copies: list[tuple[str, str, str]] | None = None
) -> None:
    """The views of a store with these records: what they do not say is null, and a text has one character and two bytes."""
    n = len(rows)
    found: dict[str, pa.Array] = {f.name: pa.nulls(n, f.type) for f in RECORDS}
    said = [{"record_id": f"r{i}", "n_chars": 1, "n_bytes": 2, **row} for i, row in enumerate(rows)]
    for name in {key for row in said for key in row}:
        kind = RECORDS.field(name).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        found[name] = pa.array([row.get(name) for row in said], plain)
    fill(con, "records", pa.table(found))
    groups = [
        {"record_id": r, "group_id": g, "kind": k, "role": "copy", "matched_id": None, "similarity": 1.0}
        for r, g, k in copies or []
    ]
    fill(con, "duplicates", pa.Table.from_pylist(groups, DUPLICATES))


def told(con: duckdb.DuckDBPyConnection, *names: str, where: str | None = None) -> dict[str, Any]:
    return Tally(con, *chosen(names), where).as_json()


def counted(axis: dict[str, Any]) -> dict[str | None, int]:
    return {row["value"]: row["records"] for row in axis["rows"]}


def bins(histogram: dict[str, Any]) -> list[tuple[float, float | None, int]]:
    return [(b["low"], b["high"], b["count"]) for b in histogram["bins"]]


# --- counting ---


def test_values_are_counted_with_characters_bytes_and_shares_the_most_frequent_first(
    con: duckdb.DuckDBPyConnection,
) -> None:
    store(con, *({"language": name, "n_chars": n, "n_bytes": 2 * n} for name, n in [("de", 1), ("en", 3), ("en", 4)]))
    found = told(con, "language")
    assert found["totals"] == {"records": 3, "chars": 8, "bytes": 16}
    assert found["axes"]["language"]["rows"] == [
        {"value": "en", "records": 2, "chars": 7, "bytes": 14, "share": 2 / 3, "bytes_share": 14 / 16},
        {"value": "de", "records": 1, "chars": 1, "bytes": 2, "share": 1 / 3, "bytes_share": 2 / 16},
    ]


def test_no_value_is_null_and_no_name_that_a_value_could_have(con: duckdb.DuckDBPyConnection) -> None:
    store(con, {"license_concluded": None}, {"license_concluded": "none concluded"}, {"license_concluded": "unknown"})
    found = told(con, "license")["axes"]["license"]
    assert counted(found) == {None: 1, "none concluded": 1, "unknown": 1}
    assert found["values"] == 2
    assert found["rows"][-1]["value"] is None


def test_record_with_several_values_counts_once_under_each_and_one_that_was_not_asked_nowhere(
    con: duckdb.DuckDBPyConnection,
) -> None:
    store(
        con,
        {"filters_failed": ["a", "b", "a"]},
        {"filters_failed": ["b"]},
        {"filters_failed": []},
        {"filters_failed": None},
    )
    found = told(con, "filter")["axes"]["filter"]
    assert counted(found) == {"b": 2, "a": 1, None: 1}
    assert found["unmeasured"] == {"records": 1, "chars": 1, "bytes": 2}


def test_records_not_scanned_for_personal_data_are_not_those_without(con: duckdb.DuckDBPyConnection) -> None:
    states = [("found", ["email"]), ("none_found", []), ("not_scanned", []), ("not_scanned", ["email"]), (None, None)]
    store(con, *({"pii_state": state, "pii_types": types} for state, types in states))
    found = told(con, "pii")["axes"]["pii"]
    assert counted(found) == {"email": 1, None: 1}
    assert found["unmeasured"]["records"] == 3


def test_values_beyond_the_first_are_summed_and_written_all(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    more = 7
    store(con, *({"registrable_domain": f"d{i:05}.example"} for i in range(MOST_VALUES + more)), {})
    tally = Tally(con, *chosen(["domain"]))
    found = {"snapshot": 1, "where": None, **tally.as_json()}
    axis = found["axes"]["domain"]
    assert (axis["values"], len(axis["rows"])) == (MOST_VALUES + more, MOST_VALUES)
    assert axis["others"] == {"values": more, "records": more + 1, "chars": more + 1, "bytes": 2 * (more + 1)}
    folder.write(tmp_path / "out", tally, found)
    written = pq.read_table(tmp_path / "out" / "domain.parquet")
    assert (written.num_rows, written["value"].null_count) == (MOST_VALUES + more + 1, 1)
    assert sum(written["records"].to_pylist()) == found["totals"]["records"]


def test_condition_selects_for_every_number(con: duckdb.DuckDBPyConnection) -> None:
    store(
        con,
        *({"language": name, "n_words": n} for name, n in [("de", 5), ("en", 50), ("en", 60)]),
        copies=[("r0", "g", "near"), ("r1", "g", "near"), ("r2", "g", "near")],
    )
    found = told(con, where="language = 'en'")
    assert found["totals"]["records"] == 2
    assert counted(found["axes"]["language"]) == {"en": 2}
    assert bins(found["histograms"]["words"]) == [(50, 100, 2)]
    assert bins(found["histograms"]["near-copies"]) == [(2, 3, 1)]
    assert told(con, where="language = 'xx'")["totals"] == {"records": 0, "chars": 0, "bytes": 0}


@pytest.mark.parametrize("where", ["txet = 'x'", "language = (SELECT 1)", "cast(title AS integer) > 3"])
def test_condition_that_cannot_be_used_or_fails_on_a_record_is_named(
    where: str, con: duckdb.DuckDBPyConnection
) -> None:
    store(con, {"title": "many", "n_words": 3})
    with pytest.raises(InputError) as caught:
        told(con, where=where)
    assert caught.value.subject == "--where"


def test_name_that_is_no_statistic_suggests_one_and_a_name_given_twice_is_one() -> None:
    with pytest.raises(UnknownName, match="unknown statistic 'licence'") as caught:
        chosen(["licence"])
    assert "'license'" in (caught.value.hint or "")
    assert [a.name for a in chosen(["license", "source", "license"])[0]] == ["source", "license"]
    assert chosen([]) == (list(AXES.values()), list(HISTOGRAMS.values()))


# --- histograms ---


def test_sizes_lie_in_bins_of_one_two_and_five_that_begin_with_their_lower_end(con: duckdb.DuckDBPyConnection) -> None:
    store(con, *({"n_chars": n} for n in (0, 1, 4, 5, 9, 10, 1999, 2000, 2 * 10**12)))
    found = told(con, "chars")["histograms"]["chars"]
    assert bins(found) == [
        (0, 1, 1),
        (1, 2, 1),
        (2, 5, 1),
        (5, 10, 2),
        (10, 20, 1),
        (1000, 2000, 1),
        (2000, 5000, 1),
        (10**12, None, 1),
    ]
    assert (found["least"], found["most"], found["known"], found["missing"]) == (0, 2 * 10**12, 9, 0)


@pytest.mark.parametrize("value", [n / 20 for n in range(20)])
def test_share_on_an_edge_lies_above_it_although_a_float_may_be_below(
    value: float, con: duckdb.DuckDBPyConnection
) -> None:
    store(con, {"language_score": value})
    [(low, high, _)] = bins(told(con, "language-score")["histograms"]["language-score"])
    assert (low, high) == (value, round(value + 0.05, 2))


def test_whole_share_is_in_the_last_bin_and_what_is_no_number_is_missing(con: duckdb.DuckDBPyConnection) -> None:
    store(con, *({"language_score": v} for v in (1.0, math.nan, math.inf, None)))
    found = told(con, "language-score")["histograms"]["language-score"]
    assert bins(found) == [(0.95, 1, 1)]
    assert (found["missing"], found["most"]) == (3, 1.0)


def test_years_are_of_utc_and_missing_dates_are_counted(con: duckdb.DuckDBPyConnection) -> None:
    dates = [datetime(1905, 5, 1, tzinfo=UTC), datetime(2024, 12, 31, 23, 59, tzinfo=UTC), None]
    store(con, *({"published_at": d} for d in dates))
    found = told(con, "published")["histograms"]["published"]
    assert bins(found) == [(1905, 1906, 1), (2024, 2025, 1)]
    assert found["missing"] == 1


def test_groups_of_copies_count_by_size_and_a_record_alone_is_none(con: duckdb.DuckDBPyConnection) -> None:
    groups = {"a": ["r0", "r1"], "b": ["r2", "r3"], "c": ["r4", "r5", "r6"], "d": ["r7", "gone"]}
    marks = [(record, group, "near") for group, of in groups.items() for record in of]
    store(con, *({} for _ in range(8)), copies=[*marks, marks[0], ("r0", "e", "exact"), ("r7", "e", "exact")])
    found = told(con)["histograms"]
    assert bins(found["near-copies"]) == [(2, 3, 2), (3, 4, 1)]
    assert found["near-copies"]["of"] == "groups"
    assert bins(found["exact-copies"]) == [(2, 3, 1)]


@given(st.floats(0.0001, 1e15))
def test_ticks_reach_the_most_in_few_round_steps(most: float) -> None:
    found = ticks(most)
    assert found[0] == 0
    assert found[-2] < most <= found[-1]
    assert 2 <= len(found) <= 6
    step = found[1]
    assert f"{step:e}"[0] in "125"
    assert f"{step:e}"[2:8] == "000000"


# --- plots ---


def axis_of(names: list[str | None]) -> tuple[dict[str, Any], dict[str, int]]:
    """An answer in which each name is less frequent than the one before."""
    counts = [len(names) - n for n in range(len(names))]
    rows = [
        {"value": v, "records": n, "chars": n, "bytes": n, "share": n / sum(counts), "bytes_share": n / sum(counts)}
        for v, n in zip(names, counts, strict=True)
    ]
    nothing = {"records": 0, "chars": 0, "bytes": 0}
    told_of = {"values": len(names), "rows": rows, "others": {"values": 0, **nothing}, "unmeasured": nothing}
    return told_of, {"records": sum(counts), "bytes": sum(counts)}


def drawn(svg: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(picture: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


def test_hostile_names_neither_end_an_element_nor_act_on_what_is_around_them() -> None:
    told_of, totals = axis_of([*HOSTILE, None])
    svg = bars(AXES["source"], told_of, totals, f"snapshot 1 · where title = '{HOSTILE[0]}\u202e'")
    picture = drawn(svg)
    allowed = {"svg", "title", "desc", "g", "text", "rect", "line", "clipPath"}
    assert {element.tag.removeprefix(SVG) for element in picture.iter()} == allowed
    assert not any(key.startswith("on") or "href" in key for element in picture.iter() for key in element.attrib)
    assert acts_on_a_terminal(svg.decode()) == set()
    assert {"<script>alert(1)</script>", 'a" onload="x & y', "]]><!-- &amp; -->", "(empty)", "no source"} <= set(
        texts(picture)
    )


def test_name_read_from_the_right_ends_where_others_end() -> None:
    told_of, totals = axis_of(["latin", HOSTILE[6]])
    found = {t.text: t.attrib for t in drawn(bars(AXES["source"], told_of, totals, "")).iter(f"{SVG}text")}
    left, right = found["latin"], found[HOSTILE[6]]
    assert (left["text-anchor"], right["text-anchor"], right["direction"]) == ("end", "start", "rtl")
    assert left["x"] == right["x"]
    assert reads_from_right("123 عربي")
    assert not reads_from_right("mixed עברית")


def test_two_hundred_values_are_the_first_and_one_bar_for_the_others_which_adds_up() -> None:
    told_of, totals = axis_of([f"s{n}" for n in range(200)])
    told_of["others"] = {"values": 50, "records": 1000, "chars": 0, "bytes": 0}
    picture = drawn(bars(AXES["source"], told_of, totals, ""))
    labels = texts(picture)
    assert "s19" in labels
    assert "s20" not in labels
    assert "230 other sources" in labels
    rest = sum(row["records"] for row in told_of["rows"][MOST_BARS:]) + 1000
    assert f"{rest:,}".replace(",", " ") in labels


def test_rest_of_values_that_records_share_is_told_and_not_added_up() -> None:
    told_of, totals = axis_of([f"f{n}" for n in range(30)])
    labels = texts(drawn(bars(AXES["filter"], told_of, totals, "")))
    assert "A record counts under all of its values. 10 values more not shown." in labels
    assert not any("other" in label for label in labels)


@pytest.mark.parametrize("name", ["x" * 500, "W" * 60, "国" * 60, "e\u0301\u0302" * 200, "שלום " * 40])
def test_long_name_is_shortened_to_its_room_with_an_ellipsis(name: str) -> None:
    found = shortened(name, 250)
    assert found.endswith("…")
    assert width_of(found) <= 250
    assert len(found) <= 81
    assert name.startswith(found[:-1])


def test_plots_of_an_empty_store_say_that_there_is_nothing(con: duckdb.DuckDBPyConnection) -> None:
    store(con)
    found = told(con)
    for axis in AXES.values():
        assert "nothing to show" in texts(drawn(bars(axis, found["axes"][axis.name], found["totals"], "")))
    for histogram in HISTOGRAMS.values():
        assert "nothing to show" in texts(drawn(columns(histogram, found["histograms"][histogram.name], "")))


def test_plots_have_a_title_and_a_description_for_those_who_do_not_see_them() -> None:
    told_of, totals = axis_of(["en", "de"])
    picture = drawn(bars(AXES["language"], told_of, totals, "snapshot 1"))
    ids = {element.attrib.get("id"): element for element in picture}
    said = [ids[name].text for name in picture.attrib["aria-labelledby"].split()]
    assert said == [
        "Records by language",
        "3 records, 3 bytes · snapshot 1. en: 2 records, 66.7 %; de: 1 record, 33.3 %.",
    ]
    assert picture.attrib["role"] == "img"


@st.composite
def histograms(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(sorted(HISTOGRAMS)))
    h = HISTOGRAMS[name]
    lows = draw(st.sets(st.sampled_from(h.edges) if h.edges else st.integers(-200_000, 200_000), max_size=30))
    counts = draw(st.lists(st.integers(1, 10**12), min_size=len(lows), max_size=len(lows)))
    highs = dict(zip(h.edges, [*h.edges[1:], 1 if h.is_share else None], strict=False))
    rows = [{"low": v, "high": highs.get(v, v + 1), "count": n} for v, n in zip(sorted(lows), counts, strict=True)]
    return name, {"known": sum(counts), "missing": draw(st.integers(0, 3)), "bins": rows}


@given(histograms())
def test_labels_of_any_histogram_stand_apart_and_within_the_picture(drawn_from: tuple[str, dict[str, Any]]) -> None:
    name, answer = drawn_from
    svg = columns(HISTOGRAMS[name], answer, "snapshot 1")
    picture = drawn(svg)
    wide, high = float(picture.attrib["width"]), float(picture.attrib["height"])
    assert svg == columns(HISTOGRAMS[name], answer, "snapshot 1")
    below = [t for t in picture.iter(f"{SVG}text") if t.attrib.get("text-anchor") == "middle"]
    spans = sorted(
        (float(t.attrib["x"]) - width_of(t.text or "", 12) / 2, float(t.attrib["x"]) + width_of(t.text or "", 12) / 2)
        for t in below
    )
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))
    assert all(start >= 0 and stop <= wide for start, stop in spans)
    shown = [r for r in picture.iter(f"{SVG}rect") if r.find(f"{SVG}title") is not None]
    assert bool(shown) == bool(answer["bins"])
    for rect in shown:
        x, y, w, h = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= wide
        assert 0 <= y <= y + h <= high
        assert w > 0


# --- a folder ---


def test_folder_has_tables_plots_and_the_answer_and_the_same_store_gives_the_same_bytes(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    store(con, *({"source_id": name or "x", "language": name, "language_score": 0.5} for name in HOSTILE[:5] * 3))
    written = []
    for out in (tmp_path / "one", tmp_path / "deeper" / "two"):
        tally = Tally(con, *chosen([]))
        names = folder.write(out, tally, {"snapshot": 1, "where": None, **tally.as_json()})
        written.append({name: (out / name).read_bytes() for name in names})
        assert sorted(p.name for p in out.iterdir()) == names
    assert written[0] == written[1]
    expected = {f"{a}.{kind}" for a in AXES for kind in ("parquet", "svg")} | {f"{h}.svg" for h in HISTOGRAMS}
    assert written[0].keys() == expected | {"histograms.parquet", "stats.json"}
    assert pq.read_schema(tmp_path / "one" / "source.parquet").equals(folder.VALUES)
    assert pq.read_schema(tmp_path / "one" / "histograms.parquet").equals(folder.BINS)
    assert acts_on_a_terminal(written[0]["stats.json"].decode("ascii")) == set()
    assert [p.name for p in tmp_path.iterdir()] in (["one", "deeper"], ["deeper", "one"])


def test_folder_that_exists_is_refused_even_when_it_is_empty(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    store(con)
    (tmp_path / "out").mkdir()
    tally = Tally(con, *chosen(["source"]))
    with pytest.raises(InputError, match="exists already"):
        folder.write(tmp_path / "out", tally, {"snapshot": 1, "where": None, **tally.as_json()})
    assert list(tmp_path.rglob("*")) == [tmp_path / "out"]


# --- for people ---


def test_lines_for_people_name_what_is_missing_and_do_nothing_to_a_terminal(con: duckdb.DuckDBPyConnection) -> None:
    rows = [{"source_id": name, "filters_failed": None, "digit_share": 0.5} for name in HOSTILE]
    store(con, *rows)
    lines = stats_lines({"snapshot": 3, "where": "source_id <> '\x1b'", **told(con)})
    page = "\n".join(lines)
    assert acts_on_a_terminal(page) == set()
    assert lines[0] == "snapshot 3: 8 records, 8 characters, 16 bytes"
    assert "rightful query shows what is permitted" in page
    assert "by filter failed: 0, a record under all of its own (8 records were not measured)" in page
    assert re.search(r"\(none concluded\) +8  100.0 % +8 +16 +100.0 %", page)
    assert "Share of 0-9 in visible characters: 8 records, from 50.0 % to 50.0 %" in page
    assert re.search(r"^ +50 % to 55 %  8  █+$", page, re.MULTILINE)
    assert "Year of publication: 0 records, 8 without a date" in page


@pytest.mark.parametrize(
    ("part", "said"), [(0, "0.0 %"), (1e-9, "<0.1 %"), (0.0005, "0.1 %"), (0.99999, ">99.9 %"), (1, "100.0 %")]
)
def test_share_that_is_something_is_never_shown_as_nothing_nor_as_all(part: float, said: str) -> None:
    assert share(part) == said
