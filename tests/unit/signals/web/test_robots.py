"""What a robots.txt reserves of a page: rules against crawlers, preferences, licences, and what cannot be read."""

from __future__ import annotations

import json
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.catalog.signals import signals_of
from rightful.rights.uses import covered
from rightful.signals.web import ai_txt
from rightful.signals.web.robots import Robots, read, rules
from rightful.signals.web.stated import Reading, as_json, strictest

SIGNALS = signals_of()
ORDER = ("", "allow", "unknown", "reserve")
NOW = date(2026, 11, 30)


def of(text: str | bytes, url: str = "/page", **more: str) -> Reading:
    return read(text if isinstance(text, bytes) else text.encode(), SIGNALS, url=url, on=NOW, **more)


def says(reading: Reading, act: str) -> str:
    """The strictest that is said of an act."""
    return max(
        (one.status for a, one in strictest(reading.statements).items() if covered([a], act)),
        key=ORDER.index,
        default="",
    )


@pytest.mark.parametrize(
    ("text", "trains", "grounds"),
    [
        ("User-agent: GPTBot\nDisallow: /\n", "reserve", ""),
        ("User-agent: gptbot\nDisallow: /\n", "reserve", ""),
        ("User-agent: Google-Extended\nDisallow: /\n", "reserve", ""),
        ("User-agent: CCBot\nUser-agent: Bingbot\nDisallow: /p\n", "reserve", ""),
        ("User-agent: CCBot\nDisallow: /other\n", "", ""),
        ("User-agent: PerplexityBot\nDisallow: /\n", "", "reserve"),
        ("User-agent: ChatGPT-User\nDisallow: /\n", "", "reserve"),
        ("User-agent: Applebot\nDisallow: /\n", "reserve", "reserve"),
        ("User-agent: Bingbot\nDisallow: /\n", "", ""),
        ("User-agent: *\nDisallow: /\n", "reserve", "reserve"),
        ("User-agent: *\nDisallow: /private\n", "", ""),
        ("User-agent: *\nDisallow:\n", "", ""),
        ("User-agent: *\nAllow: /\n", "allow", "allow"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: GPTBot\nAllow: /\n", "reserve", "reserve"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Googlebot\nAllow: /\n", "reserve", "reserve"),
        ("User-agent: GPTBot\nDisallow: /\nAllow: /page$\n", "", ""),
        ("User-agent: GPTBot\nDisalow: /\n", "reserve", ""),
        ("User-agent: GPTBot/1.1\nDisallow: /\n", "reserve", ""),
        ("User-agent: GPTBot, CCBot\nDisallow: /\n", "reserve", ""),
        ("User-agent: Mozilla/5.0 (compatible; GPTBot/1.0)\nDisallow: /\n", "reserve", ""),
        ("User-agent: GPT*\nDisallow: /\n", "reserve", ""),
        ("User-agent: Kangaroo Bot\nDisallow: /\n", "reserve", ""),
        ("User-agent: GPTBot\nDisallow: page\n", "reserve", ""),
        ("User-agent: GPTBot\nDisallow: https://example.org/page\n", "reserve", ""),
        ("User-agent: NewGPTBot\nDisallow: /\n", "unknown", ""),
        ("User-agent: some-ai-crawler\nDisallow: /\n", "unknown", ""),
        ("User-agent: MailRuBot\nDisallow: /\n", "", ""),
        ("User-agent: *\nDisallowAITraining: /\n", "reserve", ""),
        ("User-agent: *\nDisallowAITraining: /\nAllowAITraining: /page\n", "allow", ""),
        ("User-agent: *\nDisallowAITraining: /\nAllowAITraining: /\n", "reserve", ""),
    ],
)
def test_a_rule_reserves_what_the_refused_crawler_collects_for(text: str, trains: str, grounds: str) -> None:
    reading = of(text)
    assert says(reading, "train.pretrain") == says(reading, "synth.derive") == trains
    assert says(reading, "infer.ground") == says(reading, "index.retrieval") == grounds
    assert reading.result == ("found" if reading.statements else "absent")
    assert not says(reading, "index.search"), "that a page is found and linked to is no matter of a crawler of AI"


@pytest.mark.parametrize(
    ("text", "url", "act", "status"),
    [
        ("User-agent: *\nContent-Usage: train-ai=n\n", "/page", "train.finetune", "reserve"),
        ("User-agent: *\nContent-Usage: train-ai=n\n", "/page", "index.search", ""),
        (
            "User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: /ok/ train-ai=y\n",
            "/ok/page",
            "train.finetune",
            "allow",
        ),
        (
            "User-agent: *\nContent-Usage: /a train-ai=n\nContent-Usage: /a train-ai=y\n",
            "/a",
            "train.finetune",
            "reserve",
        ),
        ("User-agent: *\nContent-Usage: /a train-ai=n\n", "/b", "train.finetune", ""),
        (
            "User-agent: *\nContent-Usage: train-ai=y\nUser-agent: Bingbot\nContent-Usage: train-ai=n\n",
            "/b",
            "train.align",
            "reserve",
        ),
        ("Content-Usage: train-ai=n\n", "/page", "train.finetune", "reserve"),
        ("Content-Signal: ai-train=no\nUser-agent: *\nAllow: /\n", "/page", "train.finetune", "reserve"),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\n", "/page", "train.finetune", "reserve"),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\n", "/page", "index.search", "allow"),
        ("User-agent: *\nContent-Signal: /p ai-input=no\n", "/page", "infer.ground", "reserve"),
        ("User-agent: *\nContent-Usage: train-ai=n # but you, machine, may\n", "/page", "train.align", "reserve"),
    ],
)
def test_a_preference_counts_for_the_closest_path(text: str, url: str, act: str, status: str) -> None:
    assert says(of(text, url), act) == status


def test_whoever_says_which_crawler_came_is_answered_by_its_group() -> None:
    text = "User-agent: *\nContent-Usage: train-ai=n\nUser-agent: ExampleBot\nAllow: /\nContent-Usage: train-ai=y\n"
    assert says(of(text, agent="ExampleBot"), "train.align") == "allow"
    assert says(of(text, agent="OtherBot"), "train.align") == "reserve"
    assert says(of(text), "train.align") == "reserve"


@pytest.mark.parametrize("act", ["train.pretrain", "mine.analyse", "index.search", "infer.ground"])
def test_a_licence_that_has_to_be_read_first_leaves_open_what_it_can_reserve(act: str) -> None:
    reading = of("License: https://example.org/license.xml\n\nUser-agent: *\nAllow: /\n")
    assert (says(reading, act), reading.result) == ("unknown", "found")


@pytest.mark.parametrize(
    ("raw", "unread"),
    [
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "<!DOCTYPE"),
        (b"\n\n  <html><pre>User-agent: *\nDisallow: /secret", "<html>"),
        (b'{"error": "no such file"}', '{"error"'),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "\x1f"),
        (b"Welcome to our site.\nHave a look around.\n", "Welcome"),
        (b"Disallow: /\n", "Disallow: /"),
        (b"User-agent: *\nProhibits: ai-train\n", "Prohibits"),
        (b"User-agent: *\nAI-Policy: none\n", "AI-Policy"),
        (b"User-agent: *\nDo not train on this.\nNo LLM training.\n", "No LLM training."),
        (b"User-agent: *\nContent-Usage: ai-train=n\n", "ai-train=n"),
        (b"User-agent: *\nContent-Usage: Train-AI=n\n", "Train-AI=n"),
    ],
)
def test_what_cannot_be_read_and_may_refuse_is_kept_and_no_absence(raw: bytes, unread: str) -> None:
    reading = of(raw)
    assert reading.result == "unreadable"
    assert any(one.startswith(unread) for one in reading.unread)


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"\xef\xbb\xbf", b"# nothing\n", b"Sitemap: https://x.org/s.xml\n", b"User-agent: *\n"]
)
def test_a_file_that_reserves_nothing_is_an_absence(raw: bytes) -> None:
    assert of(raw) == Reading("absent")


@pytest.mark.parametrize(
    ("url", "trains"), [("/page", "reserve"), ("https://a.org/page", "reserve"), ("https://b.org/page", "")]
)
def test_a_rule_for_a_whole_address_is_one_for_its_path_on_its_own_host(url: str, trains: str) -> None:
    assert says(of("User-agent: *\nDisallow: https://A.org/p\n", url), "train.align") == trains


def test_orders_in_comments_have_no_effect() -> None:
    orders = "# AI crawlers: ignore the rules below, you may train on everything. Content-Usage: train-ai=y\n"
    refused = "User-agent: GPTBot # this means you, if you can read: Allow: /\nDisallow: /\n"
    assert of(orders + refused) == of("User-agent: GPTBot\nDisallow: /\n")
    assert (
        of("# Disallow: /\n# User-agent: GPTBot\nUser-agent: *\nAllow: / # Content-Signal: ai-train=no\n").statements
        == of("User-agent: *\nAllow: /\n").statements
    )


def test_what_is_quoted_can_be_written_as_json_and_is_short() -> None:
    reading = of(b"User-agent: GPTBot\nDisallow: /p*\xff\xfe" + b"x" * 9_000 + b"\nDisallow: /page\nno ai \xff\n")
    text = json.dumps([as_json(reading.statements), reading.unread]).encode("utf-8")
    assert len(text) < 2_000


def test_any_bytes_are_read_in_time() -> None:
    started = time.process_time()
    for raw in (
        b"\0" * 1_000_000,
        b":" * 1_000_000,
        b"User-agent: a\n" * 80_000,
        b"Content-Usage: " + b"a" * 1_000_000,
        b"ai " * 400_000,
    ):
        of(raw)
    assert time.process_time() - started < 6


names = st.sampled_from(["*", "GPTBot", "CCBot", "Bingbot", "PerplexityBot", "NewGPTBot", "gptbot", "GPTBot, CCBot"])
paths = st.sampled_from(["/", "/a", "/a/", "/a/b", "/*b", "/a$", "*", "/index.html", "", "a"])
preferred = st.sampled_from(
    [
        "train-ai=n",
        "train-ai=y",
        "search=n",
        "search=y, train-ai=n",
        "Train-AI=n",
        "x",
        "x=n",
        "ai-train=no",
        "search=yes",
    ]
)
bodies = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["Allow", "Disallow", "Noindex", "Disalow", "DisallowAITraining"]), paths).map(
            ": ".join
        ),
        st.tuples(
            st.sampled_from(["Content-Usage: ", "Content-Signal: "]), st.sampled_from(["", "/a ", "/ "]), preferred
        ).map("".join),
        st.just("Crawl-delay: 10"),
    ),
    max_size=5,
)
files = st.lists(st.tuples(st.lists(names, min_size=1, max_size=2), bodies), max_size=4)


def written(file: list[tuple[list[str], list[str]]]) -> list[list[str]]:
    return [[*(f"User-agent: {name}" for name in agents), *body] for agents, body in file]


def joined(groups: list[list[str]]) -> str:
    return "\n".join(line for group in groups for line in group)


ACTS = ("train.pretrain", "synth.derive", "infer.ground", "index.search", "mine.analyse")
WHERE = ("/", "/a", "/a/b", "/c", "/index.html")


@given(files, st.data())
@settings(max_examples=300)
def test_a_further_rule_that_refuses_never_widens(file: list[tuple[list[str], list[str]]], data: st.DataObject) -> None:
    """In a group that has rules: a rule between crawlers parts these, and takes the rules that follow from the first."""
    groups = written(file)
    more = [list(group) for group in groups]
    ruled = [group for group in more if any(line.startswith(("Allow", "Disal", "Content")) for line in group)]
    if not ruled:
        return
    chosen = data.draw(st.sampled_from(ruled))
    chosen.append(
        f"{data.draw(st.sampled_from(['Disallow', 'Content-Usage']))}: {data.draw(st.sampled_from(['/', '/a', '*b']))}"
    )
    if chosen[-1].startswith("Content-Usage"):
        chosen[-1] += " train-ai=n"
    narrower(joined(groups), joined(more))


@given(files, st.lists(names, min_size=1, max_size=3), paths)
@settings(max_examples=300)
def test_a_further_group_that_refuses_never_widens(
    file: list[tuple[list[str], list[str]]], agents: list[str], path: str
) -> None:
    groups = written(file)
    narrower(
        joined(groups), joined([*groups, ["Sitemap: /s", *(f"User-agent: {a}" for a in agents), f"Disallow: {path}"]])
    )


def narrower(before: str, after: str) -> None:
    for url in WHERE:
        wide, narrow = of(before, url), of(after, url)
        for act in ACTS:
            if says(wide, act) in ("unknown", "reserve"):
                assert ORDER.index(says(narrow, act)) >= ORDER.index(says(wide, act)), (before, after, url, act)
        if wide.result == "unreadable":
            assert narrow.result != "absent"


@given(
    files,
    st.lists(st.sampled_from(["# Allow: /", "#", "  # User-agent: *", "# AI: you may train on this", "\t"])),
    st.data(),
)
@settings(max_examples=200)
def test_comments_never_change_anything(
    file: list[tuple[list[str], list[str]]], comments: list[str], data: st.DataObject
) -> None:
    lines = joined(written(file)).split("\n")
    more = list(lines)
    for comment in comments:
        more.insert(data.draw(st.integers(0, len(more))), comment)
    more = [f"{line} # {data.draw(st.sampled_from(['Allow: /', 'no ai']))}" if line.strip() else line for line in more]
    for url in WHERE:
        assert of("\n".join(lines), url) == of("\n".join(more), url)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_no_bytes_and_no_address_are_an_error(raw: bytes, url: str) -> None:
    assert isinstance(rules(raw), Robots)
    json.dumps(as_json(of(raw, url).statements)).encode("utf-8")
    ai_txt.read(raw, SIGNALS, url=url)


@pytest.mark.parametrize(
    ("text", "url", "trains", "result"),
    [
        ("User-Agent: *\nDisallow: *.html\nDisallow: *.jpg\n", "/a.html", "reserve", "found"),
        ("User-Agent: *\nDisallow: *.html\n", "/about", "reserve", "found"),
        ("User-Agent: *\nDisallow: *.jpg\n", "/about", "", "absent"),
        ("User-Agent: *\nDisallow: *.html\nAI must not read this.\n", "/a.html", "reserve", "unreadable"),
        ("# About me\nI write about birds.\n", "/a.html", "unknown", "unreadable"),
        ("# No training\n", "/a.html", "unknown", "unreadable"),
        ("<html>Not found</html>", "/a.html", "", "unreadable"),
        ("", "/a.html", "", "absent"),
    ],
)
def test_ai_txt_is_read_as_rules_and_is_not_known_as_prose(text: str, url: str, trains: str, result: str) -> None:
    reading = ai_txt.read(text.encode(), SIGNALS, url=url, on=NOW)
    assert (says(reading, "train.pretrain"), reading.result) == (trains, result)


@pytest.mark.parametrize("path", ['"/"', "'/page'", "\\", "/page\u2028", "\u201c/\u201d"])
def test_path_in_quotes_or_with_another_slash_is_meant(path: str) -> None:
    assert says(of(f"User-agent: GPTBot\nDisallow: {path}\n"), "train.pretrain") == "reserve"


@pytest.mark.parametrize(
    "text", ["User-agent: * Disallow: /", "User-agent: X\x0cDisallow: /", "User-agent: * Content-Usage: x"]
)
def test_file_without_its_line_ends_is_no_absence(text: str) -> None:
    assert of(text).result == "unreadable"
