from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.readers.dumps.wikitext import plain_text


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("''a'' '''b''' '''''c''''' d''''e", "a b c d'e"),
        ("== Head ==\ntext\n=== Sub ===", "Head\ntext\nSub"),
        ("* one\n** two\n# three\n; term\n: said\n----\nend", "one\ntwo\nthree\nterm\nsaid\n\nend"),
        ("[[a]] [[a|b]]s [[:Category:C]] [[a|]]", "a bs Category:C a"),
        ("x [[File:a.png|thumb|the [[b]] [http://c d]]] y", "x y"),
        ("x [[Category:a]][[de:Anders]] [[de:Anders|other]]", "x other"),
        ("[https://a.example label] [https://a.example] https://b.example", "label https://b.example"),
        ("x{{a|{{b|}}|{{{c|d}}}}}y {{{p|q}}}z", "xy z"),
        ("x<ref name=a>note {{c}}</ref><ref name=a /> y<references/>", "x y"),
        ("<gallery>\nFile:a.png|b\n</gallery>x<!-- note -->y<!-- open", "xy"),
        ("<nowiki>[[a]] ''b'' &lt;</nowiki> <code>c</code>", "[[a]] ''b'' < c"),
        ("<math>{{a}_b}</math> <pre>\n  x {{y}}\n</pre>", "{{a}_b} \n  x {{y}}"),
        ("<syntaxhighlight lang=c>if (a[[0]]) {{ }}</syntaxhighlight>", "if (a[[0]]) {{ }}"),
        ("__NOTOC__x __init__", "x __init__"),
        ("a<br/>b<br>c<div class=x>d</div>", "a\nb\nc\nd"),
        ("&amp;nbsp;&lt;ref&gt;&#228; &nbsp;x", "&nbsp;<ref>ä x"),
        ("Greek ({{lang|el|x}}, a) ({{b}}) c", "Greek (a) c"),
        ("{|\n|+ Cap\n! style=x=y | A !! B\n|-\n| 1 || 2\n|-\n| [[c|d]]\n| 3\n|}\nend", "Cap\nA B\n1 2\nd 3\n\nend"),
        ("{|\n| a\n{|\n| b\n|}\n| c\n|}", "a\nb\nc"),
        ("{{unclosed [[a|b]] ''c''", "{{unclosed b c"),
        ("closed}} [[open\n\n[[a]]", "closed}} [[open\n\na"),
        ("[[a|{{b|]]}}c]]", "c"),
        ("<ref>open [[a|b]]", "open b"),
        ("no markup at all", "no markup at all"),
    ],
)
def test_text_of_markup(wikitext: str, text: str) -> None:
    assert plain_text(wikitext) == text


HOSTILE = {
    "braces that open": "{{" * 500_000,
    "braces that close": "}}" * 500_000,
    "brackets": "[[" * 500_000,
    "links in links": "[[a|" * 200_000 + "]]" * 200_000,
    "templates in templates": "{{a|" * 200_000 + "}}" * 200_000,
    "tables in tables": "\n{|\n|" * 200_000 + "\n|}" * 200_000,
    "references": "<ref>" * 200_000,
    "tags": "<a" * 500_000,
    "addresses": "[http:" * 200_000,
    "an address": "[http://" + "a" * 1_000_000,
    "a tag": "<" + "a" * 1_000_000,
    "a cell of blanks": "{|\n| a" + " " * 1_000_000 + "b\n|}",
    "quotes": "'" * 1_000_000,
    "signs of equality": "=" * 1_000_000,
    "numbers": "&#9" * 300_000,
    "underscores": "__a" * 300_000,
    "brackets and signs": "(," * 500_000,
    "cells": "\n{|\n|" + "a=" * 500_000 + "\n|}",
    "all of them": "[[{{<ref>\n{|" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_text_of_hostile_markup_takes_linear_time(name: str) -> None:
    def seconds(text: str) -> float:
        start = time.process_time()
        plain_text(text)
        return time.process_time() - start

    whole = HOSTILE[name]
    assert seconds(whole) < 12, "a quadratic step takes minutes"


markup = st.lists(
    st.sampled_from(
        [
            "{{",
            "}}",
            "{{{",
            "[[",
            "]]",
            "|",
            "{|",
            "|}",
            "|-",
            "\n",
            "''",
            "<ref>",
            "</ref>",
            "<nowiki>",
            "</nowiki>",
            "=",
            "a",
            ":",
            "\x01",
            "0",
            "&amp;",
        ]
    ),
    max_size=40,
).map("".join)


@given(markup)
def test_text_of_anything_is_a_text_that_is_always_the_same(wikitext: str) -> None:
    text = plain_text(wikitext)
    assert text == plain_text(wikitext)
    assert text == text.strip()
    assert "\x01" not in text
