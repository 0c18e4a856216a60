"""redact: what is taken out is gone, the rest is unchanged, and the map says where everything went."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.stages.pii.redact import Span, redact
from rightful.stages.pii.stage import spans_of


@st.composite
def spanned(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(max_size=40))
    spans = []
    for _ in range(draw(st.integers(0, 6)) if text else 0):
        start = draw(st.integers(0, len(text) - 1))
        spans.append(Span(draw(st.sampled_from(["email", "phone"])), start, draw(st.integers(start + 1, len(text)))))
    return text, spans


@given(spanned(), st.sampled_from(["", "[{type}]", "x", "\U0001f600"]))
def test_redact_keeps_what_is_outside_of_spans_and_maps_it_both_ways(case: tuple[str, list[Span]], put: str) -> None:
    text, spans = case
    done = redact(text, spans, put)
    gone = {at for s in spans for at in range(s.start, s.stop)}
    for at, char in enumerate(text):
        new = done.moved(at)
        assert (new is None) == (at in gone), "a character of a span is nowhere, any other is somewhere"
        if new is not None:
            assert done.text[new] == char
            assert done.origin(new) == at
    assert done.moved(len(text)) == len(done.text)
    put_in = sum(r.new_stop - r.new_start for r in done.replaced)
    assert len(done.text) == len(text) - len(gone) + put_in
    assert sum(done.origin(at) is None for at in range(len(done.text))) == put_in


def test_redact_names_the_type_and_counts() -> None:
    text = "Mail ada@example.org or \U0001f600 +44 20 7946 0958."
    spans = spans_of([text])[0]
    assert spans is not None
    done = redact(text, spans)
    assert done.text == "Mail [email] or \U0001f600 [phone]."
    assert done.counts() == {"email": 1, "phone": 1}
    assert redact(done.text, spans_of([done.text])[0] or []).text == done.text, "nothing is left to find"


def test_redact_overlapping_spans_go_together_and_name_all_types() -> None:
    done = redact("abcdefgh", [Span("phone", 3, 7), Span("card", 1, 5), Span("iban", 7, 8)])
    assert (done.text, done.counts()) == ("a[card][iban]", {"card": 1, "iban": 1, "phone": 1})
    assert redact("abc", [Span("card", 0, 2), Span("phone", 1, 3)]).text == "[card]", "one character is an overlap too"


@pytest.mark.parametrize("span", [Span("email", -1, 2), Span("email", 2, 9), Span("email", 2, 2), Span("email", 3, 2)])
def test_redact_span_of_another_text_is_refused(span: Span) -> None:
    with pytest.raises(InputError, match="does not lie in a text of 4 characters"):
        redact("abcd", [span])
