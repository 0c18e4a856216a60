"""A crawl as a test has it, and the format that it is written in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import rightful.readers.formats
from rightful.readers.read import formats, readers

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@contextmanager
def readable() -> Iterator[None]:
    """While the format is one of those that are read."""
    folder = str(Path(__file__).parent / "formats")
    rightful.readers.formats.__path__.append(folder)
    readers.cache_clear()
    formats.cache_clear()
    try:
        yield
    finally:
        rightful.readers.formats.__path__.remove(folder)
        readers.cache_clear()
        formats.cache_clear()


class Crawl:
    """What a crawler brings home, in its order."""

    def __init__(self, at: datetime | None = NOON) -> None:
        self.at = at
        self.entries: list[dict[str, object]] = []

    def page(
        self,
        url: str,
        html: str = "<p>A page.</p>",
        *fields: tuple[str, str],
        status: int = 200,
        text: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """A response with its page, and the text of it."""
        for protocol in ("headers", "html"):
            self._met(protocol, url, html, (("Content-Type", "text/html"), *fields), status, at)
        self.entries.append({"text": f"What stands at {url} is this." if text is None else text, "url": url})

    def host(self, origin: str, *, robots: str = "", status: int = 404, tdmrep: str | None = None) -> None:
        """The answers to who asks a host for its files."""
        self._met("robots", f"{origin}/robots.txt", robots, (), 200 if robots else status, None)
        self._met("tdmrep", f"{origin}/.well-known/tdmrep.json", tdmrep or "", (), 200 if tdmrep else 404, None)

    def robots(self, origin: str, body: str, status: int = 200, at: datetime | None = None) -> None:
        """The answer to who asks a host for robots.txt."""
        self._met("robots", f"{origin}/robots.txt", body, (), status, at)

    def _met(
        self,
        protocol: str,
        url: str,
        body: str,
        fields: tuple[tuple[str, str], ...],
        status: int,
        at: datetime | None,
    ) -> None:
        on = at or self.at
        says = {"url": url, "body": body, "fields": fields, "status": status, "at": on.isoformat() if on else None}
        self.entries.append({"protocol": protocol, **says})

    def write(self, file: Path) -> Path:
        """The file of the crawl."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(entry) + "\n" for entry in self.entries), encoding="utf-8")
        return file
