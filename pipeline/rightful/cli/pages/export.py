"""What was exported, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, number, todo_lines, wrapped
from rightful.cli.pages.readings import overlay_lines
from rightful.export.words import NONE
from rightful.query.select import family_of


def export_lines(manifest: Mapping[str, Any], out: str) -> list[str]:
    """What was exported."""
    lines = [
        f"export {manifest['export']}: {counted(manifest['records'], 'record')}, {_amount(manifest)} in {out}",
        *_tokenizer_lines(manifest["tokenizer"]),
    ]
    if manifest["lost"]:
        lines.append(
            f"lost: {counted(manifest['lost'], 'character')} of {counted(manifest['lost_records'], 'record')},"
            " which the tokenizer cannot write"
        )
    lines += _sequence_lines(manifest.get("sequence"))
    lines += _side_lines(manifest)
    if holders := manifest.get("holders"):
        listed = "manifest.json" if holders["table"] is None else holders["table"]["path"]
        lines.append(f"grouped by {holders['by']}: {counted(holders['holders'], 'holder')}, listed in {listed}")
    if manifest["refused"]:
        lines += _left_out(manifest["refused"])
    if drawn := manifest.get("drawn"):
        lines += _drawn_lines(drawn)
    if redaction := manifest["redaction"]:
        spans = ", ".join(f"{number(n)} {kind}" for kind, n in redaction["spans"].items()) or "nothing found"
        lines.append(f"redacted: {spans}, in {counted(redaction['records'], 'record')}")
    if redaction and redaction["not_found"]:
        missed = ", ".join(f"{kind} in {counted(n, 'record')}" for kind, n in redaction["not_found"].items())
        lines.append(f"tagged at ingest but not found by this scan, so still there: {missed}")
    if kept := manifest.get("kept"):
        lines.append(f"kept columns beside the text: of {counted(kept['records'], 'record')} (column kept)")
        if kept["redacted"]:
            lines.append(f"kept columns redacted, or left behind: of {counted(kept['redacted'], 'record')}")
    if own := manifest["own_form"]:
        lines.append(
            f"in their own form beside the text: {counted(own['records'], 'conversation')} ({', '.join(own['columns'])})"
        )
        if own["left_out"]:
            lines.append(
                f"left as texts alone: {counted(own['left_out'], 'conversation')} whose turns could not be redacted exactly"
            )
    lines.append("obligations: " + (", ".join(manifest["obligations"]) or "none"))
    lines += todo_lines(manifest["todo"])
    lines += overlay_lines(manifest)
    lines.append("permission ends: " + (manifest["expires_at"] or "no dated end is known"))
    return lines


def _drawn_lines(drawn: Mapping[str, Any]) -> list[str]:
    """What became of the ids that were named."""
    ids = drawn["ids"]
    if ids is None:
        return []
    words = {
        "unknown": "not in the store",
        "outside": "left out by --where or --mix",
        "not_permitted": "not permitted",
        "copies": "copies of one that stays",
    }
    lines = [f"named by --ids: {counted(ids['named'], 'record')}, {number(ids['permitted'])} of them permitted"]
    if ids["duplicates"]:
        lines.append(f"  {number(ids['duplicates'])} named again")
    for key, words_of in words.items():
        if ids[key]["records"]:
            first = ", ".join(ids[key]["first"])
            more = ", ..." if ids[key]["records"] > len(ids[key]["first"]) else ""
            lines.append(f"  {number(ids[key]['records'])} {words_of}: {first}{more}")
    return lines


def _left_out(refused: Mapping[str, int]) -> list[str]:
    """What was left out, a line for each family, the largest first."""
    by_family: dict[str, dict[str, int]] = {}
    for reason, n in refused.items():
        by_family.setdefault(family_of(reason), {})[reason] = n
    lines: list[str] = []
    for family, reasons in sorted(by_family.items(), key=lambda f: -sum(f[1].values())):
        by_size = sorted(reasons.items(), key=lambda of: -of[1])
        listed = ", ".join(f"{number(n)} {reason}" for reason, n in by_size)
        head = f"left out: {number(sum(reasons.values()))} {family.replace('-', ' ')}: "
        lines += wrapped(head, listed, most=10)
    return lines


def _amount(manifest: Mapping[str, Any]) -> str:
    """How much it is, in which form."""
    shards = counted(len(manifest["shards"]), "shard")
    if manifest["tokens"] is None:
        return f"{shards} (text, as {manifest['text_as']})"
    return f"{counted(manifest['tokens'], 'token')}, {shards} ({manifest['format']})"


def _side_lines(manifest: Mapping[str, Any]) -> list[str]:
    """The splits and the rungs, one line each."""
    lines = [
        f"split {side['name']}: {_share_line(side, side['share_wanted'])}" for side in manifest.get("splits") or ()
    ]
    lines += [f"rung {rung['share']:g}: {_share_line(rung, rung['share'])}" for rung in manifest.get("ladder") or ()]
    return lines


def _share_line(of: Mapping[str, Any], wanted: float | None) -> str:
    """How much lies there, and what share that is of all."""
    tokens = "" if of["tokens"] is None else f", {counted(of['tokens'], 'token')}"
    asked = "" if wanted is None else f" (wanted {wanted:.2%})"
    return f"{counted(of['records'], 'record')}{tokens}, {of['share_reached']:.2%}{asked}"


def _sequence_lines(sequence: Mapping[str, Any] | None) -> list[str]:
    """How documents became rows of one length."""
    if sequence is None:
        return []
    rows = f"{counted(sequence['rows'], 'row')} of {number(sequence['seq_len'])}"
    if sequence["pack"] == NONE:
        lines = [f"not packed: {rows} tokens at most"]
    else:
        lines = [f"packed ({sequence['pack']}): {rows}, {sequence['padding_share']:.2%} padding"]
    if sequence["split_documents"]:
        lines.append(f"cut into pieces that are all there: {counted(sequence['split_documents'], 'document')}")
    if sequence["truncated_documents"]:
        of = counted(sequence["truncated_documents"], "document")
        lines.append(f"truncated: {counted(sequence['truncated_tokens'], 'token')} of {of}")
    return lines


def _tokenizer_lines(tokenizer: Mapping[str, Any] | None) -> list[str]:
    """By what it was tokenized, where that is not plain from the command."""
    if tokenizer is None:
        return []
    lines = []
    if tokenizer["requested"] is None:
        lines.append(f"tokenizer: {tokenizer['kind']}, for none was named; another: --tokenizer FILE|NAME|train:N")
    elif tokenizer["taken_from"] is not None:
        lines.append(f"tokenizer: {tokenizer['requested']}, from {tokenizer['taken_from']}")
    backend = tokenizer["backend"]
    if backend["compared"] is not None:
        what = f"{backend['name']} {backend['version']}"
        lines.append(
            f"tokenized with {what}; {counted(backend['compared'], 'document')} compared with the reference: same ids"
        )
    elif backend["note"]:
        lines.append(f"tokenized with the reference: {backend['note']}")
    if tokenizer["unknown_tokens"]:
        lines.append(f"unknown tokens: {number(tokenizer['unknown_tokens'])}")
    return lines


def mixture_lines(mix: Mapping[str, Any]) -> list[str]:
    """The plan of a mixture, before anything is written."""
    from rightful.export.planning.mixing import plan_lines

    return plan_lines(mix)
