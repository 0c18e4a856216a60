"""What ``rightful trace`` answers. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.assets.described import INPUT_KINDS
from rightful.assets.described import KINDS as ASSET_KINDS
from rightful.export.consumption.telling import DENY
from rightful.query.tracing import BY, VIAS
from rightful.query.tracing.forward import ROWS, TOKENS
from rightful.query.versions import EXCLUDED, LEVELS, MASKED, PERMIT
from rightful.schema.pieces import following, record_id
from rightful.schema.shapes import Shape, answer, instant, maybe, name_of, number, several, text, truth, whole


def _share(says: str) -> Shape:
    return maybe(number(says, minimum=0, maximum=1))


def _place() -> Shape:
    keys = {
        "record": record_id(),
        "export": name_of("The export."),
        "path": text("Its folder."),
        "version": whole("Its version."),
        "current": truth("Whether no later version took its place there."),
        "shard": name_of("The shard, as in the manifest."),
        "start": whole("The first token (row, of texts), counted from the beginning of the shard."),
        "length": whole("How many tokens or rows."),
        "decision": text(
            "What the version made of it: excluded is on the deny list, masked is overwritten.",
            known=(PERMIT, EXCLUDED, MASKED),
        ),
        "via": text("Whether it was named, or is an exact copy or another version of one.", known=VIAS),
        "unit": text("What start and length count.", known=(TOKENS, ROWS)),
    }
    return answer("A place.", keys)


def _holding() -> Shape:
    shard = {
        "shard": name_of("The shard, as in the manifest."),
        "documents": whole("Documents in it."),
        "length": whole("Their tokens or rows."),
    }
    keys = {
        "export": name_of("The export."),
        "path": text("Its folder."),
        "version": whole("Its version."),
        "level": maybe(text("The level of the repair that made this version; null for the first.", known=LEVELS)),
        "current": truth("Whether no later version took its place there."),
        "format": name_of("Its format."),
        "created_at": instant("When it was registered."),
        "records": whole("Records of the trace that it holds."),
        "length": whole("Their tokens or rows."),
        "unit": text("What length counts.", known=(TOKENS, ROWS)),
        "share": number("Their part of its tokens, or rows.", minimum=0, maximum=1),
        "shards": several("The shards that hold any.", answer("A shard.", shard)),
    }
    return answer("A version of an export.", keys)


def _asset() -> Shape:
    keys = {
        "asset": name_of("The asset."),
        "kind": text("What it is.", known=ASSET_KINDS),
        "name": text("What it is called."),
        "share": _share("The part of its tokens that is traced; null where nobody knows it."),
        "tokens": maybe(whole("How many of its tokens are; null where nobody knows it.")),
        "way": several("By which way: the export, the assets between, and itself.", name_of("An id.")),
        "created_at": instant("When it was registered."),
    }
    return answer("An asset.", keys)


def _graph() -> Shape:
    node = {
        "id": name_of("Its name in this graph."),
        "kind": text("What it is.", known=[*BY, "shard"]),
        "lines": several("Its label.", text("A line.")),
        "faint": truth("Whether it counts no more: a version that was superseded."),
    }
    edge = {
        "from": name_of("A node."),
        "to": name_of("A node."),
        "label": text("What is said of it."),
        "beside": truth("Whether it is no step of the way: a version that took the place of another."),
    }
    keys = {
        "nodes": several("What there is; where it is too much for a picture, how much more.", answer("One.", node)),
        "edges": several("What went into what.", answer("One.", edge)),
    }
    return answer("The trace as a picture has it.", keys)


def _step() -> Shape:
    document = {
        "record": record_id(),
        "document": whole("Its number in the index of the export."),
        "shard": name_of("The shard, as in the manifest."),
        "start": whole("The first token that was read, counted from the beginning of the shard."),
        "length": whole("How many tokens were read (rows, of texts)."),
        "decision": text(
            "Whether it is permitted today for the use of the export; else what the version made of it.",
            known=(PERMIT, DENY, EXCLUDED, MASKED),
        ),
    }
    keys = {
        "step": whole("The step."),
        "rank": maybe(whole("The rank that was given it; null where nothing says that.")),
        "sample": maybe(whole("The number of the sample in the run, of a loader that cuts them; else null.")),
        "export": name_of("The version of the export that was read."),
        "records": several("What it was given, in that order.", answer("A document.", document)),
    }
    return answer("What a rank was given at a step.", keys)


def _seen() -> Shape:
    keys = {
        "asset": maybe(name_of("The asset whose log it is; null for one that was named.")),
        "name": maybe(text("What it is called.")),
        "log": text("The log, or the cache of the loader."),
        "exports": several("The versions that were read.", name_of("An export.")),
        "records": whole("How many of the records it was given."),
        "documents": whole("How often, counted by documents."),
        "steps": whole("At how many steps."),
        "first": whole("The first."),
        "last": whole("The last."),
        "ranges": several("Spans of steps, first and last.", several("A span.", whole("A step."))),
        "more": whole("How many spans are not listed: --limit none."),
    }
    return answer("What a run was given of it.", keys)


def drill() -> Shape:
    """``rightful drill``."""
    took = {"redact": number("To repair it."), "verify": number("To read it again.")}
    export = {
        "export": name_of("The export that was copied."),
        "path": text("Its folder."),
        "format": name_of("Its format."),
        "records_removed": whole("Records that were taken out of the copy."),
        "shards_rewritten": whole("Shards that were written anew."),
        "shards": whole("Shards that it has."),
        "bytes": whole("Bytes of the shards that were written anew."),
        "seconds": answer("How long it took.", took),
        "ok": truth("Whether the copy verified afterwards."),
        "corrupt": several("What did not.", text("A file, and why.")),
    }
    skipped = {"export": name_of("An export."), "path": text("Its folder."), "reason": text("Why it was left out.")}
    asset = {
        "asset": name_of("The asset."),
        "kind": text("What it is.", known=ASSET_KINDS),
        "name": text("What it is called."),
    }
    steps = {
        "copy": number("Making the copies; it is part of no answer to a withdrawal."),
        "withdraw": number("From the request until the event is recorded, and refuses."),
        "trace": number("To trace one of the events."),
        "redact": number("To repair all copies."),
        "verify": number("To verify them."),
        "total": number("From the event to the last repaired shard: withdraw and redact."),
    }
    keys = {
        "records": whole("How many records were withdrawn."),
        "picked": several("Which.", record_id()),
        "seed": {"description": "By which seed they were drawn.", "type": "integer"},
        "level": text("How the copies were repaired.", known=LEVELS),
        "matched": whole("How many records the events matched."),
        "exports": several("The copies that were repaired.", answer("An export.", export)),
        "skipped": several("Exports that were left out.", answer("An export.", skipped)),
        "assets": several("What was made of these exports, and is not repaired by this.", answer("An asset.", asset)),
        "seconds": answer("How long each step took.", steps, optional=["redact", "verify"]),
        "ok": truth("Whether nothing that was withdrawn is left to be used, and all copies verified."),
    }
    return answer("From a withdrawal to repaired shards, tried out.", keys)


def trace() -> Shape:
    """``rightful trace``."""
    selector = {"by": name_of("Its selector."), "value": text("As it may be shown; of a person the hash.")}
    event = {
        "event": name_of("Its id."),
        "kind": name_of("What it is."),
        "refuses": truth("Whether it refuses."),
        "selector": answer("How it names records.", selector),
        "recorded": instant("When it was recorded."),
        "effective": instant("From when it counts, as it says."),
        "reason": text("Why, as it says."),
    }
    source = {
        "source": name_of("The source."),
        "name": text("What it is called."),
        "records": whole("Records of it."),
        "share": _share("Their part of the tokens of what is traced back; null forwards, or where nobody knows it."),
    }
    made_of = {
        "kind": text("What it is.", known=INPUT_KINDS),
        "id": name_of("Its id."),
        "name": text("What it is called, or where it lies."),
        "share": _share("Its part of the tokens; null where it has none, or nobody knows it."),
    }
    unreadable = {
        "asset": name_of("The asset."),
        "log": text("Where it was."),
        "reason": text("Why."),
    }
    copies = {
        "records": whole("How many."),
        "exports": several("The exports that hold any, as they are now.", name_of("An export.")),
    }
    keys = {
        "by": text("What the trace begins at.", known=BY),
        "value": text("Which; empty for all that is stale. A person is a hash."),
        "record": maybe({**record_id(), "description": "The record, where it is one."}),
        "event": maybe(answer("The event, where it is one.", event)),
        "records": whole("How many records it is about, copies left aside."),
        "copies": answer("Exact copies and other versions of them.", copies),
        "exports": several("Every place of the records; of an event those of copies too.", _place()),
        "more": whole("How many places are not listed: --limit."),
        "holding": several("Every version of an export that holds any, oldest first.", _holding()),
        "assets": several("What was made of these, directly or through others.", _asset()),
        "inputs": several("What an export or asset was made of, and versions before it.", answer("One.", made_of)),
        "sources": several("Where the records came from.", answer("A source.", source)),
        "exports_unreadable": several("Exports of which nothing says what they hold.", name_of("An export.")),
        "steps": several("Of steps that were asked for: what each was given.", _step()),
        "seen": several("The runs that were given any of the records, and when.", _seen()),
        "logs_unreadable": several("Logs of assets that cannot be read.", answer("A log.", unreadable)),
        "graph": _graph(),
        "out": maybe(text("The file that the picture was written to.")),
        "next": following(),
        "picture": text("The picture, where it was written to no file."),
    }
    return answer("Where records went.", keys, optional=["picture"])
