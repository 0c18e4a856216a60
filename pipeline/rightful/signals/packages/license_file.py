"""Licence files: LICENSE, COPYING, NOTICE, COPYRIGHT. Floor 2: pure. Law 6.

The text counts, not the name: what is not recognised wholly blocks, whatever else is stated. Several licence files in one
folder all hold. A notice or a list of holders that only attributes states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rightful.rights.evidence import Evidence
from rightful.signals.packages.stated import text_claims, text_of, unreadable
from rightful.signals.signal import About, OfFile, Within

NAME = "license-file/3"

_STEMS = (
    "license",
    "licence",
    "licenses",
    "licences",
    "copying",
    "copyright",
    "copyrights",
    "notice",
    "notices",
    "unlicense",
)
_TERMS = (
    "eula",
    "terms of ",
    "terms-of-",
    "terms_of_",
    "lizenz",
    "licencia",
    "licenza",
    "licentie",
    "licen\u00e7a",
)
"""How files begin that have terms of another kind or in another language: they block, where they are none that is known."""
FILES = frozenset(
    [
        *_STEMS,
        *(f"{stem}[-._ ~(]*" for stem in _STEMS),
        *(f"{stem}*" for stem in _TERMS),
        *(f"*[-._]{stem}" for stem in _STEMS[:5]),
    ]
    + [f"*[-._]{stem}.{kind}" for stem in _STEMS[:5] for kind in ("txt", "md", "rst", "html")]
)
_NO_TEXT = (
    "py pyi pyc pyx ipynb js mjs cjs jsx ts tsx mts cts map vue svelte go c h cc cpp cxx hh hpp m mm java kt kts groovy scala rb"
    " rs php cs fs vb swift pl pm lua r jl hs ml ex exs erl clj dart sh bash zsh ps1 bat cmd sql css scss sass less"
    " json jsonl json5 ndjson yaml yml toml ini cfg conf xml csv tsv parquet arrow avro lock po pot mo xsd proto"
    " png jpg jpeg gif svg ico webp bmp woff woff2 ttf otf mp3 mp4 wav gz bz2 xz zst zip tar whl jar so dll exe o a class license"
)
BUT = frozenset([*(f"*.{kind}" for kind in _NO_TEXT.split()), "debian/copyright"])
"""Code and data of such a name, sidecars and the copyright file of a Debian package, which is read as what it is."""
_ATTRIBUTES = re.compile(r"(?:^|[-._])(?:notices?|copyrights?)(?:[-._]|$)", re.IGNORECASE)


def read(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """The licences that a file is. An empty one states nothing."""
    text = text_of(raw)
    if text is None:
        return [unreadable("", f"{place} (no text)", NAME)]
    return text_claims(text, about, place, NAME, may_be_silent=is_notice(place))


def is_notice(place: str) -> bool:
    """True for a file that attributes, by its name: it may state no licence."""
    name = place.rpartition("/")[2]
    return _ATTRIBUTES.search(name) is not None and re.match(r"licen[cs]e|copying", name, re.IGNORECASE) is None


SIGNAL = OfFile(NAME, FILES, read, BUT)
