"""robots.txt of real sites, read by us and by Protego: ``python -m tests.external.robots_agreement [FOLDER]`` prints the figures.

The addresses asked are those that the files name, with and without what follows, and some that every site has; the crawlers are
those that the files name, and the best known.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from protego import Protego

from rightful.signals.web.robots import rules

FOLDER = "4-preferences/real-robots"
AGENTS = (
    "* GPTBot CCBot ClaudeBot Googlebot Bingbot msnbot Slurp Yandex Baiduspider Applebot ia_archiver Twitterbot AhrefsBot 008"
).split()
HEADER = "Mozilla/5.0 (compatible; Amazonbot/0.1; +https://example.org/bot)"
ADDRESSES = ("/", "/index.html", "/robots.txt", "/a/page.html?id=3&x=%7e", "/search?q=a")
MOST = 60
"""So many paths of one file are asked about."""
_RULE = re.compile(r"(?im)^\s*(?:dis)?allow\s*:\s*(\S+)")
_AGENT = re.compile(r"(?im)^\s*user-agent\s*:\s*([^#\r\n]+)")


@dataclass(slots=True)
class Agreement:
    """How many questions were asked of how many files, and where the answers differ: file, crawler, address, ours."""

    files: int = 0
    asked: int = 0
    differing: list[tuple[str, str, str, bool]] = field(default_factory=list)


def agreement(cases: Path) -> Agreement:
    """Both answers to every question on every file."""
    result = Agreement()
    for path in sorted((cases / FOLDER).iterdir()):
        text = path.read_text(encoding="utf-8", errors="replace")
        ours, theirs = rules(path.read_bytes()), Protego.parse(text)
        result.files += 1
        for agent in {*AGENTS, HEADER, *(m[1].strip() for m in _AGENT.finditer(text))}:
            for url in _addresses(text):
                result.asked += 1
                if ours.allows(agent, url) is not theirs.can_fetch(url, agent):
                    result.differing.append((path.name, agent, url, ours.allows(agent, url)))
    return result


def _addresses(text: str) -> Iterator[str]:
    stated = sorted({m[1] for m in _RULE.finditer(text)})[:MOST]
    for path in sorted(
        {*ADDRESSES, *stated, *(s.replace("*", "z").rstrip("$") for s in stated), *(f"{s}x" for s in stated)}
    ):
        yield f"https://example.org{'' if path.startswith('/') else '/'}{path}"


if __name__ == "__main__":
    held = agreement(Path(sys.argv[1]))
    print(f"{held.files} files, {held.asked:,} questions, {len(held.differing)} answers differ")
    for one in held.differing:
        print(*one)
