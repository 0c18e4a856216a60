"""Pieces of a picture in SVG 1.1: elements, labels that fit, ticks. Floor 7: part of ``stats``; pure.

Everything shown comes from outside: names of sources, hosts, licences. What is written here can neither end an element
nor turn the direction of its neighbours. There is no font to measure, so that the same input is the same bytes on every
machine; widths are estimates on the safe side.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from rightful.notation.shown import plain

FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
INK, MUTED, GRID, PAPER = "#1f2933", "#52606d", "#e4e7eb", "#ffffff"

MOST_LABEL_CHARS = 80
"""A label of marks that take no room ends here."""
MOST_TITLE_CHARS = 300
_NARROW, _WIDE = frozenset(" !'()*,-./:;I[]fijlrt|"), frozenset("%@MWmw…—\N{REPLACEMENT CHARACTER}")


def element(name: str, *inside: str, **attributes: object) -> str:
    """An element; ``inside`` is SVG already. Attributes have ``_`` for ``-``, and numbers at most one decimal."""
    written = "".join(f" {key.rstrip('_').replace('_', '-')}={quoteattr(_said(v))}" for key, v in attributes.items())
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def text(content: object, x: float, y: float, **attributes: object) -> str:
    """One line of text. One that is read from the right keeps its end where the text is anchored."""
    shown = plain(content)
    if reads_from_right(shown):
        anchor = {"end": "start", "start": "end", "middle": "middle"}[str(attributes.get("text_anchor", "start"))]
        attributes |= {"direction": "rtl", "text_anchor": anchor}
    return element("text", escape(shown), x=x, y=y, **attributes)


def title(content: object) -> str:
    """What a reader aloud says of the element around it, and a pointer shows."""
    return element("title", escape(plain(content, MOST_TITLE_CHARS)))


def picture(name: str, heading: str, description: str, width: float, height: float, parts: Iterable[str]) -> bytes:
    """A whole file: title and description for those who cannot see it, light paper, the parts."""
    begins = [
        element("title", escape(plain(heading)), id=f"{name}-title"),
        element("desc", escape(plain(description)), id=f"{name}-desc"),
        element("rect", width=width, height=height, fill=PAPER),
    ]
    whole = element(
        "svg",
        "\n",
        "\n".join([*begins, *parts]),
        "\n",
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {_said(width)} {_said(height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        font_family=FONT,
        font_size=13,
        fill=INK,
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{whole}\n'.encode()


def reads_from_right(content: str) -> bool:
    """True when the first letter with a direction is of a script that is read from the right (UAX 9, rule P2)."""
    directions = (unicodedata.bidirectional(c) for c in content)
    return next((d for d in directions if d in ("L", "R", "AL")), "L") != "L"


def width_of(content: str, size: float = 13) -> float:
    """About how many pixels a text takes, rather too many."""
    return size * sum(_em(c) for c in content)


def shortened(content: object, room: float, size: float = 13, most: int = MOST_LABEL_CHARS) -> str:
    """The text cleaned, with an ellipsis where it does not fit into ``room`` pixels."""
    shown = plain(content)
    if len(shown) <= most and width_of(shown, size) <= room:
        return shown
    left = room - width_of("…", size)
    kept = 0
    for c in shown[:most]:
        left -= size * _em(c)
        if left < 0:
            break
        kept += 1
    return shown[:kept].rstrip() + "…"


def ticks(most: float, wanted: int = 5, least_step: float = 0) -> list[float]:
    """Round numbers from 0 to at least ``most``, about ``wanted`` steps of them.

    >>> ticks(187)
    [0, 50, 100, 150, 200]
    """
    power = 0
    while 10.0**power * wanted < most:
        power += 1
    while 10.0 ** (power - 1) * wanted >= most > 0:
        power -= 1
    # Up to here 10**power * wanted >= most > 10**(power - 1) * wanted.
    mantissas = ((m, power - 1) for m in (1, 2, 5, 10))
    digits, power = next(
        ((m, p) for m, p in mantissas if m * 10.0**p * wanted >= most and m * 10.0**p >= least_step), (10, power - 1)
    )
    step = digits * 10**power if power >= 0 else digits / 10**-power
    places: list[float] = [0]
    while places[-1] < most or len(places) < 2:
        places.append(len(places) * step if power >= 0 else len(places) * digits / 10**-power)
    return places


def _said(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def _em(c: str) -> float:
    if c in _NARROW:
        return 0.42
    if c in _WIDE or unicodedata.east_asian_width(c) in "WF":
        return 1.02
    if unicodedata.category(c) in ("Mn", "Me"):
        return 0.0
    return 0.72 if c.isupper() else 0.63
