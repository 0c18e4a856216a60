from __future__ import annotations

import sys
import time

import pytest

from rightful.errors import InputError
from rightful.readers.markup import html_text
from rightful.readers.web import pages
from rightful.readers.web.pages import MOST_ATTRIBUTES, MOST_DEPTH, Pages, extracted
from tests.unit.readers.archives import PARAGRAPH, page

PAGE = page().decode()


def test_main_content_is_taken_out_of_its_menus() -> None:
    found = extracted(PAGE, "resiliparse", main_content=True)
    assert PARAGRAPH.strip() in found.text
    assert "Imprint" not in found.text
    assert (found.title, found.language, found.plainly) == ("Tides", "en", "")
    whole = extracted(PAGE, "resiliparse", main_content=False)
    assert "Imprint" in whole.text
    assert PARAGRAPH.strip() in extracted(PAGE, "trafilatura", main_content=True).text
    assert extracted(PAGE, "plain", main_content=True).text == html_text(PAGE)[0]


DEEP = "<p>The one sentence that is there.</p>"
HOSTILE = {
    "10,000 deep": "<div>" * 10_000 + DEEP,
    "1,000,000 deep": "<div>" * 1_000_000 + DEEP,
    "deep and closed": "<div>" * 20_000 + DEEP + "</div>" * 20_000,
    "deep behind ends that fit nowhere": "<div></b>" * 20_000 + DEEP,
    "deep behind a barrier": "<div><marquee></div></marquee>" * 20_000 + DEEP,
    "deep in links": "<a><div></a>" * 20_000 + DEEP,
    "formats that nobody closes": "".join(f"<b class=c{n}>" for n in range(3_000)) + "<p>x" * 30_000 + DEEP,
    "lists in lists": "<ul><li>x" * 30_000 + DEEP,
    "entries deep in lists": "<ul><li>" * 400 + "<li>x" * 200_000 + DEEP,
    "a tag of a million attributes": DEEP + "<p " + " ".join(f"a{n}=1" for n in range(1_000_000)) + ">",
    "a tag of attributes that hold its end": DEEP + "<p " + " ".join(f'a{n}=">"' for n in range(100_000)) + ">",
    "a tag that does not end": DEEP + "<p " + "a" * 5_000_000,
    "tags that do not end": DEEP + "<p " * 1_000_000,
    "comments that do not end": DEEP + "<!--" * 1_000_000,
    "quotes that do not end": DEEP + "<p a=\"'" * 300_000,
    "brackets": DEEP + "<" * 3_000_000,
    "NULs": DEEP + "\0" * 1_000_000,
    "one long line": DEEP + "a" * 5_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_page_is_read_in_bounded_time(name: str) -> None:
    start = time.process_time()
    found = extracted(HOSTILE[name], "resiliparse", main_content=True)
    assert time.process_time() - start < 8
    if found.plainly:
        assert "The one sentence that is there." in found.text
    assert len(found.text) <= len(HOSTILE[name])


def test_page_that_is_nested_deeper_than_anybody_writes_is_read_plainly_and_says_so() -> None:
    fits = "<div>" * (MOST_DEPTH - 20) + PAGE
    assert not extracted(fits, "resiliparse", main_content=True).plainly
    deep = extracted("<div>" * (MOST_DEPTH + 20) + PAGE, "resiliparse", main_content=True)
    assert deep.plainly == f"it is nested more than {MOST_DEPTH} deep"
    assert PARAGRAPH.strip() in deep.text


def test_tags_that_nobody_closes_make_no_depth() -> None:
    sloppy = PAGE.replace("<article>", "<article>" + "<span>word</div><p><li>" * 2_000)
    assert not extracted("<p>" * 5_000 + PAGE, "resiliparse", main_content=True).plainly
    assert extracted(sloppy, "resiliparse", main_content=True).text


def test_tag_of_many_attributes_is_read_plainly_and_a_long_value_is_not() -> None:
    many = PAGE.replace("<article>", "<article " + " ".join(f"data-a{n}" for n in range(MOST_ATTRIBUTES + 1)) + ">")
    assert "attributes" in extracted(many, "resiliparse", main_content=True).plainly
    style = ";".join(f"a{n}: b c d" for n in range(20_000))
    assert not extracted(
        PAGE.replace("<article>", f'<article style="{style}">'), "resiliparse", main_content=True
    ).plainly


def test_missing_extractor_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resiliparse.extract.html2text", None)
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    pages._resiliparse.cache_clear()
    pages._trafilatura.cache_clear()
    for extractor, extra in (("resiliparse", "web"), ("trafilatura", "trafilatura")):
        with pytest.raises(InputError) as caught:
            extracted(PAGE, extractor, main_content=True)
        assert f"pip install 'rightful[{extra}]'" in str(caught.value.hint)
    pages._resiliparse.cache_clear()
    pages._trafilatura.cache_clear()


def test_settings_of_pages_name_what_is_wrong() -> None:
    assert Pages().versions() == {} | {"resiliparse": Pages().versions()["resiliparse"]}
    with pytest.raises(InputError, match="unknown extractor"):
        Pages(files="lynx")
