"""How many pages a second are read for what they say of rights: pages that say nothing, a notice in the foot, licences.

python benchmarks/pages.py
"""

from __future__ import annotations

import random
import time

from rightful.catalog import load
from rightful.catalog.signals import signals_of
from rightful.signals.web import html

WORDS = "dune wind sand grain ridge slope crest bed shore tide marsh reed gull tern dyke barrier spit lagoon delta storm".split()
NOTICE = "<footer><p>&copy; 2026 Mira Moreno. All rights reserved.</p></footer>"
LICENCE = (
    '<footer><p>Except where otherwise noted, content on this site is licensed under a <a rel="license" '
    'href="https://creativecommons.org/licenses/by/4.0/">Creative Commons Attribution 4.0 International license</a>.</p></footer>'
)


def page(chance: random.Random, foot: str) -> bytes:
    """A page of some 40 kB: a menu, paragraphs with links, a foot."""
    menu = "".join(f'<li class="menu-item"><a href="/{w}">{w}</a></li>' for w in chance.sample(WORDS, 12))
    body = "".join(
        f'<p class="text">{" ".join(chance.choices(WORDS, k=70))} <a href="/x/{n}">{chance.choice(WORDS)}</a></p>'
        for n in range(85)
    )
    title = "<title>Dunes</title><meta name=viewport content='width=device-width'>"
    return f"<!doctype html><html><head>{title}</head><body><ul>{menu}</ul><main>{body}</main>{foot}</body></html>".encode()


def main() -> None:
    """Print pages a second, by what they have in their foot."""
    chance, names, signals = random.Random(12), load(None).names, signals_of()
    for name, foot, count in (
        ("nothing", "<p>Imprint</p>", 3_000),
        ("a notice", NOTICE, 200),
        ("a licence", LICENCE, 200),
    ):
        pages = [page(chance, foot) for _ in range(count)]
        html.read(pages[0], "https://example.org/", signals, names)
        start = time.process_time()
        for n, one in enumerate(pages):
            html.read(one, f"https://example.org/{n}", signals, names)
        seconds = time.process_time() - start
        print(f"{name:10} {count / seconds:9,.0f} pages/s of {len(pages[0]) / 1e3:.0f} kB")
    huge = page(chance, LICENCE) * 1_200
    start = time.process_time()
    reading = html.read(huge, "https://example.org/", signals, names)
    print(f"one page of {len(huge) / 1e6:.0f} MB: {time.process_time() - start:.1f} s, {reading.result}")


if __name__ == "__main__":
    main()
