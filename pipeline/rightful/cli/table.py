"""The commands, in one table: all that ``rightful --help`` reads. A command is imported when it runs. Floor 11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """Which module of :mod:`rightful.cli.commands` has the command, and its summary: one line of 80 columns in the list of commands."""

    module: str
    summary: str


TABLE: Mapping[str, Entry] = {
    "asset": Entry("asset", "What was made of exports: models and more, and what they permit."),
    "consent": Entry("consent", "What people gave, refused and withdrew: record it, list it."),
    "demo": Entry("demo", "The whole story on the sample data, in under a minute."),
    "evidence": Entry("evidence", "What is stated of data, before an ingest; drafts of cards for it."),
    "explain": Entry("explain", "The decision on one record, its evidence, what would change it."),
    "export": Entry("export", "Permitted records as shards, tokens or texts, with the proof."),
    "ingest": Entry("ingest", "Read files or folders into the store; a rerun changes nothing."),
    "find": Entry("find", "What holds a text, or is of an author, a person, an address."),
    "init": Entry("init", "A first look at some data: drafts of its cards, and what is next."),
    "layout": Entry("layout", "Layouts that corpora come in: their columns, and their rights."),
    "license": Entry("license", "The licence catalogue: what each licence permits, act by act."),
    "policy": Entry("policy", "Named uses, and what a store undertakes, asserts and has signed."),
    "proof": Entry("proof", "That a record is in an export or is not, with no other disclosed."),
    "query": Entry("query", "Which records a use permits, and why the others are excluded."),
    "rebase": Entry("rebase", "Which decisions of an export flip under another law, by clause."),
    "recipe": Entry("recipe", "The settings of a run, resolved; which recipes there are."),
    "review": Entry("review", "Near copies that await a decision, and what was decided."),
    "schema": Entry("schema", "The schema of a table, of a file that is read, or of an answer."),
    "sign": Entry("sign", "Sign an export: a file beside its manifest, with your own key."),
    "signal": Entry("signal", "What signals reserve: check one, newer captures, what is wanted."),
    "similar": Entry("similar", "The records that are near copies of a text from outside."),
    "source": Entry("source", "What came from where, under which card."),
    "sql": Entry("sql", "Read-only SQL over the store: one SELECT, no files, no network."),
    "stats": Entry("stats", "What the store holds, by source, language, licence and more."),
    "store": Entry("store", "The store itself: health and history."),
    "tag": Entry("tag", "Run the stages again whose settings changed, on what is stored."),
    "trace": Entry("trace", "Where records went: shards, tokens, models; and the way back."),
    "uses": Entry("uses", "The words of a request, and what other vocabularies call them."),
    "verify": Entry("verify", "Re-read an export and decide every record in it again."),
    "verify-receipt": Entry("verify_receipt", "Whether a receipt, a signature or a proof is genuine."),
}

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Begin": ("demo", "init", "evidence", "layout", "ingest"),
    "Look": ("query", "explain", "stats", "source", "find", "similar", "sql"),
    "Decide": ("policy", "uses", "license", "consent", "signal", "review"),
    "Leave": ("export", "verify", "trace", "rebase", "asset", "sign", "proof", "verify-receipt"),
    "Keep": ("store", "tag", "recipe", "schema"),
}
"""The commands by what somebody wants, in the order in which one meets them."""
