"""What an ingest answers. Floor 7."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rightful.ingest.landing.arrival import Landed
from rightful.ingest.plan import Empty
from rightful.ingest.staged import Done, Spoken
from rightful.readers import FoundFile, Skipped, Talked, Unread
from rightful.readers.tree import shown_name
from rightful.stages.license import MOST_SAMPLES
from rightful.store.kept import joined, reaches, type_name


@dataclass(slots=True)
class Outcome:
    """What an ingest did: ``read = added + unchanged + refused + rejected``. ``landed`` has these counts, ``skipped_records``
    are those of files that stand as they were: unchanged as well, and not read."""

    run: str
    landed: Landed
    read: int = 0
    rejected: int = 0
    skipped_records: int = 0
    statements: list[dict[str, Any]] = field(default_factory=list)
    unread: list[dict[str, Any]] = field(default_factory=list)
    conversations: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    contradicted: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    repositories: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    not_read: list[dict[str, Any]] = field(default_factory=list)
    passed_over: list[dict[str, Any]] = field(default_factory=list)
    nothing_read: list[dict[str, Any]] = field(default_factory=list)
    papers: list[dict[str, Any]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    text_bytes: int = 0
    size_bytes: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the command line answers."""
        landed = self.landed
        return {
            "run": self.run,
            "snapshot": landed.snapshot,
            "read": self.read,
            "added": landed.added,
            "unchanged": landed.unchanged + self.skipped_records,
            "refused": landed.refused,
            "rejected": self.rejected,
            "updated": landed.updated,
            "superseded": landed.superseded,
            "retired": landed.retired,
            "restored": landed.restored,
            "adopted": landed.adopted,
            "gone": landed.gone,
            "duplicates": {"exact": landed.duplicates, "near": landed.near},
            "alarms": [{"source": a.source_id, "records": a.records, "lost": a.lost} for a in landed.alarms],
            "statements": self.statements,
            "unread": self.unread,
            "conversations": self.conversations,
            "captures": [one._asdict() for one in landed.looked],
            "kept": self.kept,
            "contradicted": self.contradicted,
            "errors": self.errors,
            "repositories": self.repositories,
            "skipped": self.skipped,
            "not_read": self.not_read,
            "passed_over": self.passed_over,
            "nothing_read": self.nothing_read,
            "papers": self.papers,
            "sources": self.sources,
            "seconds": round(self.seconds, 3),
            "bytes": self.size_bytes,
            "text_bytes": self.text_bytes,
            "stages": {k: round(v, 3) for k, v in self.stages.items()},
        }


def repositories(files: Iterable[FoundFile]) -> list[dict[str, Any]]:
    """The git repositories that stand, each with the commit that it is read at, and where that is published (or null)."""
    return [
        {
            "file": file.name,
            "commit": file.revision,
            "committed_at": file.committed_at or None,
            "url": file.address or None,
        }
        for file in files
        if file.revision
    ]


def by_pattern(skipped: Iterable[Skipped]) -> list[dict[str, Any]]:
    """What is never read, by the pattern of its name, most first: a folder counts once, with all that is in it."""
    counts = Counter((s.pattern, s.reason) for s in skipped if s.pattern)
    listed = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    return [{"pattern": pattern, "reason": reason, "paths": n} for (pattern, reason), n in listed]


def not_read(skipped: Iterable[Skipped]) -> list[dict[str, Any]]:
    """What is not read, as it stands in answers; ``records`` only where it stands for some of a file that is read."""
    return [{"file": s.file, "reason": s.reason, **({"records": s.records} if s.records else {})} for s in skipped]


def by_reason(skipped: Iterable[Skipped]) -> list[dict[str, Any]]:
    """What is not read, by reason, most first: files, folders with all that is in them, and records of files that are read."""
    files, records = Counter[str](), Counter[str]()
    for one in skipped:
        files[one.reason] += not one.records
        records[one.reason] += one.records
    listed = sorted(files, key=lambda reason: (-files[reason] - records[reason], reason))
    return [{"reason": reason, "files": files[reason], "records": records[reason]} for reason in listed]


def nothing_read(empty: Iterable[Empty]) -> list[dict[str, Any]]:
    """The folders in which nothing can be read, each with the reasons and how many files have them."""
    return [
        {"folder": shown_name(str(of.folder)), "reasons": [{"reason": r, "files": n} for r, n in of.reasons.items()]}
        for of in empty
    ]


def by_column(columns: Iterable[tuple[str, Spoken | Unread]]) -> list[dict[str, Any]]:
    """What was counted of the columns of (source, ...), once a file; those of most rows come first, each with the sample
    that was met first."""
    summed: dict[tuple[str, ...], dict[str, Any]] = {}
    for source, one in columns:
        column = {**one._asdict(), "source": source}
        key = tuple(column[name] for name in ("source", "file", "field", "column") if name in column)
        known = summed.setdefault(key, {**column, "rows": 0})
        known["rows"] += one.rows
        if isinstance(one, Spoken):
            known["samples"] = list(dict.fromkeys([*known["samples"], *one.samples]))[:MOST_SAMPLES]
    return [known for _, known in sorted(summed.items(), key=lambda item: (-item[1]["rows"], item[0]))]


def conversations(done: Iterable[Done]) -> list[dict[str, Any]]:
    """The conversations that were read, by source, file, form and columns; the files in order."""
    summed: dict[tuple[str, ...], list[int]] = {}
    for result in done:
        for talk in result.talks:
            counted = summed.setdefault((result.source_id, *talk[:-2]), [0, 0])
            counted[0] += talk.rows
            counted[1] += talk.aside
    names = ("source", *Talked._fields)
    return [dict(zip(names, (*key, *counted), strict=True)) for key, counted in sorted(summed.items())]


def kept(done: Iterable[Done], wanted: Mapping[str, Iterable[str]]) -> list[dict[str, Any]]:
    """The columns that were kept by source, with their types; of those that are ``wanted`` by name, by source, also the ones
    of which no record that was read has anything: their type is None."""
    columns: dict[str, dict[str, Any]] = {}
    for result in done:
        columns[result.source_id] = joined(columns.get(result.source_id, {}), result.kept)
    listed: list[tuple[str, str, str | None]] = []
    for source in sorted({*columns, *wanted}):
        there = columns.get(source, {})
        listed += [(source, name, type_name(of)) for name, of in there.items()]
        listed += [(source, name, None) for name in wanted.get(source, ()) if not reaches(there, name)]
    return [dict(zip(("source", "column", "type"), row, strict=True)) for row in listed]


def contradicted(done: Iterable[Done]) -> list[dict[str, Any]]:
    """The sources whose card denies personal data that was found in what was read, with how many records."""
    records_by_source = Counter[str]()
    for result in done:
        if result.contradicted:
            records_by_source[result.source_id] += result.contradicted
    return [
        {"source": source, "records": n} for source, n in sorted(records_by_source.items(), key=lambda f: (-f[1], f[0]))
    ]
