"""Text and numbers as people get to see them, wherever they came from. Floor 1."""

from __future__ import annotations


def plain(text: object, width: int = 0) -> str:
    """Text that does nothing but show itself: no control characters, on one line, at most ``width`` characters.

    What controls a terminal, turns the direction of what follows, or may not stand in XML becomes U+FFFD. Letters that
    are read from right to left stay as they are.
    """
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text).replace("\n", " "))
    return shown if not width or len(shown) <= width else shown[: width - 1] + "…"


def tail(path: str, width: int) -> str:
    """The end of a path in at most ``width`` characters, whole names where that is possible: what tells files of one archive apart.

    >>> tail("site-packages.tar.gz/site-packages/click.dist-info/LICENSE", 30)
    '…/click.dist-info/LICENSE'
    """
    path = plain(path)
    if len(path) <= width:
        return path
    end = path[-(width - 1) :]
    return "…" + (end[end.index("/") :] if "/" in end[:-1] else end)


def number(n: int | float) -> str:
    """A count with thin separators."""
    return f"{n:,}".replace(",", " ")


def counted(n: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "shard"), counted(2_000, "shard"), counted(0, "copy", "copies")
    ('1 shard', '2 000 shards', '0 copies')
    """
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


def share(part: float) -> str:
    """A share (0..1) in percent; what is there is never shown as nothing, nor what is not all as all."""
    if 0 < part < 0.0005:
        return "<0.1 %"
    return ">99.9 %" if 0.9995 <= part < 1 else f"{100 * part:.1f} %"


def compact(n: float) -> str:
    """A number in a few characters.

    >>> compact(20_000), compact(5_000_000)
    ('20k', '5M')
    """
    for size, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if n >= size:
            return f"{n / size:g}{letter}"
    return f"{n:g}"
