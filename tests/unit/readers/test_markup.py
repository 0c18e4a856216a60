from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.readers.markup import html_text


@pytest.mark.parametrize(
    ("html", "text", "title"),
    [
        ("<p>One</p><p>Two</p>", "One\nTwo", None),
        ("<title> A\n &amp; B </title><body>x", "x", "A & B"),
        ("<h1>Head</h1>text<br/>more<hr>end", "Head\ntext\nmore\nend", None),
        ("<b>bo</b>ld and <i>it</i> alic", "bold and it alic", None),
        ("  a \n\t b  <span> c</span>", "a b c", None),
        ("<ul><li>a<li>b</ul>c", "a\nb\nc", None),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</table>", "1 2\n3", None),
        ("a<script>if (a < b) { x('<p>') }</script>b", "ab", None),
        ("a<STYLE>p > q {}</Style >b<style>", "ab", None),
        ("a<script>never closed <p>b", "a", None),
        ("a<template><p>no<template>no</template>no</template>b", "ab", None),
        ("a<noscript><img src=x>no</noscript>b", "ab", None),
        ("a</template>b", "ab", None),
        ("<textarea> a\n  <b> &lt; </textarea>c", "a\n  <b> < c", None),
        ("x<pre>  a\n    b\n</pre>c", "x\n  a\n    b\n\nc", None),
        ("a<!-- <p>no --> b<!---->c<!-->d<!--->e<!-- x --!>f", "a bcdef", None),
        ("a<!-- never closed <p>b", "a", None),
        ("<!DOCTYPE html><?xml version='1'?>a<![CDATA[b]]>c", "ac", None),
        ("1 < 2 &amp;&lt; 3 > 2 a<b>c</b>", "1 < 2 &< 3 > 2 ac", None),
        ("<a title=\"a > b\" href='>'>c</a>", "c", None),
        ("<a href=x title=it's>c</a>", "c", None),
        ("a<p never closed", "a", None),
        ("&eacute;&#233;&#xe9;&notanentity;&#0;&#xD800;", "ééé¬anentity;\ufffd\ufffd", None),
        ("&#" + "9" * 5_000 + ";&#" + "9" * 120 + ";", "\ufffd\ufffd", None),
        ("<title>first</title><svg><title>second</title></svg>x", "x", "first"),
        ("<title></title>x", "x", None),
        ("</3 hearts>a", "a", None),
        ("", "", None),
        ("<", "<", None),
        ("<p", "", None),
        ("</", "", None),
        ("<!--", "", None),
    ],
)
def test_html_text_of_a_page_is_what_a_reader_sees(html: str, text: str, title: str | None) -> None:
    assert html_text(html) == (text, title)


@pytest.mark.parametrize(
    "name", sorted({"script", "style", "title", "textarea", "iframe", "noscript", "template", "xmp"})
)
@pytest.mark.parametrize("closing", ["/>", " src='v'/>", ' a="/>"/>', "\n/>"])
def test_xhtml_element_closed_in_its_own_tag_takes_no_text(name: str, closing: str) -> None:
    page = f"<html><head><{name}{closing}</head><body><p>One.</p><p>Two.</p></body></html>"
    assert html_text(page, xml=True) == ("One.\nTwo.", None)
    assert html_text("<?xml version='1.0'?>" + page) == ("One.\nTwo.", None)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a <![CDATA[x < y & z > w &amp; <b>]]> c</p>", "a x < y & z > w &amp; <b> c"),
        ("<p>a</p><?php echo 'a > b' ?><p>c</p>", "a\nc"),
        ("<script><![CDATA[ '</script>' ]]></script><p>c</p>", "c"),
        ("<script/>a<script>//x</script>b", "ab"),
        ("<pre/><p>a  b</p>", "a b"),
        ("<x:title/><x:p>a</x:p><x:p>b</x:p>", "a\nb"),
        ("<!DOCTYPE html [ <!ENTITY a '>]>'> ]><p>a</p>", "a"),
        ("a<!-- x > y -->b", "ab"),
        ("a<![CDATA[ never closed", "a never closed"),
        ("a<?php never closed > b", "a"),
    ],
)
def test_xhtml_is_read_as_xml(page: str, text: str) -> None:
    assert html_text(page, xml=True)[0] == text


def test_html_element_is_not_closed_in_its_own_tag() -> None:
    """So browsers read it: the script goes on."""
    assert html_text("a<script/>b</script>c") == ("ac", None)


SOUP = (
    *("<p>", "<", ">", "a", "&lt;", '"', "'", "=", "<!--", "-->", "</", "<pre>", "\n", "<title>"),
    *("<title/>", "<![CDATA[", "]]>", "<?", "?>"),
)


@given(st.lists(st.sampled_from(SOUP)))
def test_html_text_of_any_soup_is_an_answer(pieces: list[str]) -> None:
    for xml in (False, True):
        text, _ = html_text("".join(pieces), xml=xml)
        assert text == text.strip()


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<!-- a>",
        "<![CDATA[",
        '<a b="',
        "<a b='\"",
        "</",
        "<",
        "&#",
        "&",
        "<pre>",
        "<script>",
        "<title>",
        " ",
        "\n",
        "<p =",
        "<script/>",
        "<script><![CDATA[",
        "<!DOCTYPE [>",
        "<!DOCTYPE x '>",
        "<?>",
        "<a:b/>",
    ],
)
def test_html_text_of_hostile_repetition_takes_linear_time(piece: str) -> None:
    def seconds(times: int) -> float:
        started = time.process_time()
        for xml in (False, True):
            html_text(piece * times, xml=xml)
            html_text(piece * times + ">", xml=xml)
        return time.process_time() - started

    seconds(100)
    assert seconds(200_000) < 5  # quadratic: minutes
