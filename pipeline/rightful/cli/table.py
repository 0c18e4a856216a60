"""The commands, in one table: all that ``rightful --help`` reads. A command is imported when it runs. Floor 11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """Which module of :mod:`rightful.cli.commands` has the command, and its summary: one line of 80 columns in the list of commands."""

    module: str
    summary: str


TABLE: Mapping[str, Entry] = {
    "asset": Entry("asset", "What was made of exports: models and more; what they permit."),
    "consent": Entry("consent", "What people gave, refused and withdrew: record it, list it."),
    "demo": Entry("demo", "The whole story on the sample data, in under a minute."),
    "drill": Entry("drill", "How long a withdrawal takes to repaired shards, tried out."),
    "evidence": Entry("evidence", "What is stated of data, before an ingest; drafts of cards."),
    "explain": Entry("explain", "The decision on a record, its evidence, what would change."),
    "export": Entry("export", "Permitted records as shards of tokens or texts, with proof."),
    "ingest": Entry("ingest", "Read files or folders into the store; a rerun adds nothing."),
    "find": Entry("find", "What holds a text, or is of an author, a person, an address."),
    "init": Entry("init", "A first look at data: drafts of its cards, and what is next."),
    "layout": Entry("layout", "Layouts that corpora come in: columns, and their rights."),
    "license": Entry("license", "The licence catalogue: what each permits, act by act."),
    "policy": Entry("policy", "Named uses; what a store undertakes, asserts, has signed."),
    "proof": Entry("proof", "That a record is in an export or not; no other is shown."),
    "query": Entry("query", "Which records a use permits, and why others are excluded."),
    "rebase": Entry("rebase", "Which decisions of an export flip under another law."),
    "recipe": Entry("recipe", "The settings of a run, resolved; which recipes there are."),
    "redact": Entry("redact", "Take out of an export what may not be there: a new version."),
    "review": Entry("review", "Near copies that await a decision, and what was decided."),
    "schema": Entry("schema", "The schema of a table, a file that is read, or an answer."),
    "sign": Entry("sign", "Sign an export: a file beside its manifest, with your key."),
    "signal": Entry("signal", "What signals reserve: check one, refresh, see what lacks."),
    "similar": Entry("similar", "The records that are near copies of a text from outside."),
    "source": Entry("source", "What came from where, under which card."),
    "sql": Entry("sql", "Read-only SQL over the store: one SELECT, no files."),
    "stats": Entry("stats", "What the store holds, by source, language, licence and more."),
    "store": Entry("store", "The store itself: health, history, backups, erasure."),
    "tag": Entry("tag", "Run again the stages whose settings changed, on the store."),
    "trace": Entry("trace", "Where records went: shards, tokens, models; and back."),
    "uses": Entry("uses", "The words of a request, and what other schemes call them."),
    "verify": Entry("verify", "Re-read an export and decide every record in it again."),
    "verify-receipt": Entry("verify_receipt", "Whether a receipt, a signature or a proof is genuine."),
}

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Begin": ("demo", "init", "evidence", "layout", "ingest"),
    "Look": ("query", "explain", "stats", "source", "find", "similar", "sql"),
    "Decide": ("policy", "uses", "license", "consent", "signal", "review"),
    "Leave": ("export", "verify", "redact", "trace", "drill", "rebase", "asset", "sign", "proof", "verify-receipt"),
    "Keep": ("store", "tag", "recipe", "schema"),
}
"""The commands by what somebody wants, in the order in which one meets them."""
