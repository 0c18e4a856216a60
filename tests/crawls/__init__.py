"""A crawl as a test has it: a web archive with pages and the files of their hosts."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

from tests.unit.readers.archives import page, record, response

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOAI = '<meta name="robots" content="noai">'
Fields = tuple[tuple[str, str], ...]


class Crawl:
    """What a crawler brings home, in its order. ``at`` is when it looked; None: the archive does not say so."""

    def __init__(self, at: datetime | None = NOON) -> None:
        self.at = at
        self.records: list[bytes] = []

    def page(self, url: str, head: str = "", *fields: tuple[str, str], words: str = "") -> None:
        """A response with a page: the tags in its head, header fields beside its type."""
        body = page(words or f"What stands at {url} stands nowhere else on this coast.", f"Of {url}", head)
        self.answer(url, body, (("Content-Type", "text/html; charset=utf-8"), *fields))

    def host(self, origin: str, *, robots: str = "", status: int = 404, tdmrep: str = "") -> None:
        """The answers to who asks a host for its files."""
        self.answer(f"{origin}/robots.txt", robots.encode(), (), 200 if robots else status)
        self.answer(f"{origin}/.well-known/tdmrep.json", tdmrep.encode(), (), 200 if tdmrep else 404)

    def answer(self, url: str, body: bytes, fields: Fields = (), status: int = 200) -> None:
        """The answer to who asks for an address."""
        date = self.at.strftime("%Y-%m-%dT%H:%M:%SZ") if self.at else ""
        number = len(self.records)
        self.records.append(record(number, response(body, status, fields), url=url, fields={"WARC-Date": date}))

    def write(self, file: Path) -> Path:
        """The archive, a member of gzip for each record."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(gzip.compress(one, mtime=0) for one in self.records))
        return file
