"""What rightful answers and writes about itself: manifests and the JSON of the commands. Floor 9: part of `schema`.

A reader leaves aside the keys that it does not know; the ones that stand here stay.
"""

from __future__ import annotations

from rightful.catalog import FORMAT, load
from rightful.decisions import DEDUP
from rightful.errors import DamagedInput, InputError, Refused, RightfulError
from rightful.export.manifest import MANIFEST_VERSION
from rightful.export.upkeep.verify import CHANGED, ERASED, NOT_STORED
from rightful.query.reaching import WAYS
from rightful.query.reviews import WHYS
from rightful.query.select import OWN_REASONS
from rightful.query.similar import STATES
from rightful.query.stats.axes import AXES, HISTOGRAMS
from rightful.query.stats.tally import MOST_VALUES
from rightful.query.versions import LEVELS
from rightful.readers.talks import FORM_NAMES
from rightful.rights.bases import AT_THE_LOCATION, RESULTS
from rightful.rights.because import REMEDIES
from rightful.rights.consent import CAPACITIES, SELECTORS
from rightful.rights.consent import KINDS as EVENT_KINDS
from rightful.rights.evidence import BOUND_TO, KINDS, STATEMENTS
from rightful.rights.review import VERDICTS
from rightful.rights.uses import PURPOSES
from rightful.rights.values import Status
from rightful.schema import upkeep
from rightful.schema.assets import asset_documents
from rightful.schema.attesting import attested, proof, receipt, signatures, signed
from rightful.schema.finding import find
from rightful.schema.inputs import VERSION
from rightful.schema.layouts import layout, layout_file, layouts
from rightful.schema.manifests import manifest
from rightful.schema.named import described_use, named_uses
from rightful.schema.pieces import (
    COUNTED,
    act,
    counted,
    family,
    following,
    obligations,
    overlays,
    path_of,
    policy,
    reason_of,
    record_id,
    survivors,
    tally,
    todo,
    use,
    word,
)
from rightful.schema.readings import changed, diff, memo, reading_file, rebase
from rightful.schema.redacted import redact, redact_event
from rightful.schema.shapes import (
    Shape,
    answer,
    by_name,
    day,
    digest,
    document,
    instant,
    maybe,
    name_of,
    number,
    several,
    text,
    truth,
    whole,
)
from rightful.schema.tracing import drill, trace
from rightful.signals.web.captured import CAPTURED
from rightful.signals.web.kinds import KINDS as SIGNALS
from rightful.signals.web.stated import RESULTS as OF_READING
from rightful.signals.web.stated import STATUSES

DECISIONS = tuple(dict.fromkeys(status.word for status in sorted(Status, reverse=True)))


def documents() -> dict[str, Shape]:
    """The JSON Schemas of what is answered, by name."""
    shapes = {
        "manifest": (MANIFEST_VERSION, "The manifest of an export (manifest.json)", manifest()),
        "answer-init": (VERSION, "rightful init --json", init()),
        "answer-ingest": (VERSION, "rightful ingest --json", ingest()),
        "answer-tag": (VERSION, "rightful tag --json", tag()),
        "answer-query": (VERSION, "rightful query --json", query()),
        "answer-explain": (VERSION, "rightful explain --json", explain()),
        "answer-find": (VERSION, "rightful find --json", find()),
        "answer-similar": (VERSION, "rightful similar --json", similar()),
        "answer-stats": (VERSION, "rightful stats --json, and stats.json of its folder", stats()),
        "answer-review-list": (VERSION, "rightful review list --json", reviews()),
        "answer-signal-check": (
            VERSION,
            "rightful signal check --json (with --cases, a list of these)",
            signal_check(),
        ),
        "answer-evidence-scan": (VERSION, "rightful evidence scan --json", scanned()),
        "answer-signal-refresh": (VERSION, "rightful signal refresh --json", refreshed()),
        "answer-signal-wanted": (VERSION, "rightful signal wanted --json", wanted()),
        "layout": (VERSION, "A layout of corpora (STORE/layouts/NAME.toml)", layout_file(load().vocabulary)),
        "answer-layout-list": (VERSION, "rightful layout list --json", layouts()),
        "answer-layout-show": (VERSION, "rightful layout show --json", layout()),
        "answer-policy-list": (VERSION, "rightful policy list --json", named_uses()),
        "answer-policy-use": (VERSION, "rightful policy show NAME, new and sign NAME --json", described_use()),
        "answer-verify": (VERSION, "rightful verify --json", verify()),
        "answer-redact": (VERSION, "rightful redact EXPORT --json", redact()),
        "answer-redact-event": (VERSION, "rightful redact --event EVENT --json", redact_event()),
        "reading": (FORMAT, "A reading of one's own (STORE/licenses/ID.toml)", reading_file(load().vocabulary)),
        "answer-license-memo": (VERSION, "rightful license memo --json", memo()),
        "answer-license-diff": (VERSION, "rightful license diff --json", diff()),
        "answer-rebase": (VERSION, "rightful rebase --json", rebase()),
        "answer-trace": (VERSION, "rightful trace --json", trace()),
        "answer-drill": (VERSION, "rightful drill --json", drill()),
        "answer-license-reading": (VERSION, "rightful license new, sign and remove --json", changed()),
        "answer-sign": (VERSION, "rightful sign --json", signed()),
        "answer-proof": (VERSION, "rightful proof --json, and the file that it writes", proof()),
        "answer-consent-receipt": (VERSION, "rightful consent receipt --json, and the file that it writes", receipt()),
        "answer-verify-receipt": (VERSION, "rightful verify-receipt --json", attested()),
        **asset_documents(),
        "answer-store-status": (VERSION, "rightful store status --json", upkeep.status()),
        "answer-store-log": (VERSION, "rightful store log --json", upkeep.log()),
        "answer-store-copy": (VERSION, "rightful store copy --json", upkeep.copied()),
        "answer-source-retire": (VERSION, "rightful source retire and restore --json", upkeep.retired()),
        "answer-error": (VERSION, "What any command answers with --json when it fails", error()),
    }
    return {name: document(name, version, title, shape) for name, (version, title, shape) in shapes.items()}


def init() -> Shape:
    """``rightful init``."""
    guess = {
        "key": name_of("The key of the card."),
        "value": text("What is guessed."),
        "why": text("What it was read from."),
        "line": text("How it stands in the card once it is confirmed."),
    }
    against = {
        "key": name_of("The key of the card."),
        "card": text("What the card says."),
        "draft": text("What was seen."),
        "why": text("What it was seen in."),
    }
    drafted = {
        "file": name_of("The card."),
        "folder": name_of("The folder that it governs."),
        "written": truth("Whether it was written now."),
        "reason": maybe(text("Why not.")),
        "guesses": several("Its values that nobody confirmed: they permit nothing.", answer("A guess.", guess)),
        "notes": several("What is to be read or stated by a person.", text("A note.")),
        "contradicts": several(
            "Where a card that stands says otherwise than what was seen.", answer("A key.", against)
        ),
        "text": maybe(text("The draft; null for a card that stands.")),
    }
    data = {
        "folder": name_of("The folder."),
        "kind": name_of("What it is: rows, web pages, documents, code, mail, chat, conversations."),
        "layout": maybe(text("The layout that its columns are known by.")),
        "files": whole("Files that were looked at or listed there."),
        "bytes": whole("Their size."),
        "rows": whole("Records that were looked at."),
        "fields": several("Columns.", text("A column.")),
        "licenses": several(
            "What rows say of licences, most rows first.",
            answer(
                "A string.",
                {
                    "column": name_of("Where it stands."),
                    "value": text("The string."),
                    "rows": whole("In how many records."),
                    "license": maybe(text("What the catalogue reads; null where it reads nothing.")),
                },
            ),
        ),
        "papers": several(
            "Licence files, cards of others and metadata of packages that state something.",
            answer(
                "A file.",
                {
                    "file": name_of("The file, below what was named."),
                    "license": maybe(text("The licence that it states; null for none, or one that nobody can read.")),
                    "why": name_of("How it counts, or what cannot be read."),
                    "tier": name_of("The tier of what it states: T6 permits nothing until somebody confirms it."),
                },
            ),
        ),
        "languages": several("Languages that rows state.", text("A language.")),
        "hosts": several("Hosts of addresses.", text("A host.")),
        "personal_data": text("yes where persons write to each other.", known=("yes", "unknown")),
        "unread": several(
            "Why files that were looked at cannot be read.",
            answer("A reason.", {"reason": name_of("Why."), "files": whole("How many.")}),
        ),
    }
    use = {
        "name": name_of("The named use."),
        "summary": text("What it is."),
        "records": whole("Records of the sample."),
        "now": whole("How many are permitted by the cards as they are."),
        "confirmed": whole("How many once every guess is confirmed."),
        "signed": maybe(whole("How many once it is signed as well; null where it rests on no statute.")),
        "statutes": several("The statutes that it rests on.", name_of("A statute.")),
    }
    looked = {
        "listed": whole("Files that were listed."),
        "whole": truth("Whether all of them were."),
        "files": whole("Files that were looked at."),
        "records": whole("Records that were looked at."),
        "bytes": whole("How much of them was read."),
        "passed_over": several(
            "What is never read, or cannot be looked into.",
            answer("A reason.", {"reason": name_of("Why."), "paths": whole("How many files and folders.")}),
        ),
        "seconds": number("How long the look took.", minimum=0),
        "undrafted": whole("Folders that need a card beyond those that were drafted."),
    }
    question = {"question": name_of("Which."), "text": text("As it was asked."), "answer": text("What was answered.")}
    keys = {
        "paths": several("What was named.", text("A path.")),
        "looked": answer("What the look reached.", looked),
        "data": several("What lies where.", answer("A folder.", data)),
        "drafts": several("The cards, drafted now or standing.", answer("A card.", drafted)),
        "uses": several("What named uses permit of the sample.", answer("A use.", use)),
        "questions": several("What was asked.", answer("A question.", question)),
        "next": following(),
    }
    return answer("A first look at some data.", keys)


def ingest() -> Shape:
    """``rightful ingest``: read = added + unchanged + refused + rejected."""
    damage = {
        "file": text("The file."),
        "position": maybe(text("Line, row or byte; null where the whole file is meant.")),
        "reason": text("What is wrong."),
        "rows": whole("How many records it stands for, if not one; 0 where the rest of it was read."),
    }
    lost = {
        "file": text("The file."),
        "source": name_of("Its source."),
        "records": whole("Records that count, or counted, as this file has them."),
        "retired": truth("Whether they no longer count: --prune."),
    }
    of_layout = {
        "name": name_of("Its name."),
        "version": whole("Its version."),
        "by": text(
            "Who says so: the card, an option, or the columns of the data.", known=["card", "option", "columns"]
        ),
        "counts": text(
            "stated: as the operator's word. guessed: it permits nothing, and restricts. not: it is only suggested.",
            known=["stated", "guessed", "not"],
        ),
        "title": maybe(text("What the corpus is called; null where somebody chose it.")),
        "why": maybe(text("Why its rights are as they are; null where somebody chose it.")),
    }
    source = {
        "source": name_of("The source."),
        "card": maybe(text("Its card; null where there is none.")),
        "files": whole("Files; for an archive or repository that was read by this run, each file in it that is read."),
        "beside": whole("Files of which one that lies beside them speaks: a licence file, the metadata of a package."),
        "stated_in": several("The first files that speak of them, 8 at most.", text("Where.")),
        "layout": maybe(answer("The layout of its files: one that was chosen, or one that they look like.", of_layout)),
        "warnings": several("Statements in its card that grant nothing.", text("What is missing.")),
    }
    keys = {
        "run": name_of("The run, a digest of what was to be read and how."),
        "snapshot": whole("The snapshot that the run ends in."),
        "read": whole("What was read: added + unchanged + refused + rejected."),
        "added": whole("New records."),
        "unchanged": whole("Records that are there already."),
        "refused": whole("Records that were withdrawn and are not taken in again."),
        "rejected": whole("What is damaged, each listed in errors."),
        "updated": whole("Records with newer tags, among the added."),
        "superseded": whole("Older versions of records that no longer count."),
        "retired": whole("Records that are gone from a file that was read again, or with a file that was pruned."),
        "restored": whole("Records that count again without being read, because what replaced them is gone."),
        "adopted": whole("Records whose file passed to another source, where they count from now on."),
        "gone": several("Files that are gone from a folder that was named.", answer("A file.", lost)),
        "duplicates": answer("New copies, marked.", {"exact": whole("Exact copies."), "near": whole("Near copies.")}),
        "alarms": alarms(),
        "statements": several(
            "Columns whose statements about rights cannot be read, once per file, and what texts say of themselves; those that"
            " block most rows come first.",
            answer(
                "A column.",
                {
                    "column": name_of("The column; dots lead into objects."),
                    "rows": whole("The rows that it blocks."),
                    "sample": text("The first such value."),
                    "samples": several("The first that differ, 8 at most.", text("A value.")),
                    "file": text("The file; empty for what stands in texts, which is counted over all files."),
                    "source": name_of("The source."),
                },
            ),
        ),
        "unread": several(
            "Columns with values that cannot be read, once per file; those with most rows come first.",
            answer(
                "A column.",
                {
                    "field": name_of(
                        "What it would be: id, url, language, title, author, subject, date, fetched, parents."
                    ),
                    "column": name_of("The column; dots lead into objects."),
                    "rows": whole("The records that are taken in without it."),
                    "sample": text("The first such value; for a person only the kind of value."),
                    "file": text("The file."),
                    "source": name_of("The source."),
                },
            ),
        ),
        "conversations": several(
            "Rows that are conversations, once per file and form: their texts are made from the turns.",
            answer(
                "A form in a file.",
                {
                    "source": name_of("The source."),
                    "file": text("The file."),
                    "form": name_of(f"How they are written: {', '.join(FORM_NAMES)}."),
                    "columns": text("The columns that they stand in, separated by commas."),
                    "template": name_of("How the text is made, with its version."),
                    "rows": whole("Records whose text is made so."),
                    "aside": whole("Rows whose conversation is set aside, because they have a text of their own."),
                },
            ),
        ),
        "captures": several(
            "What was looked at for reservations on the way: header fields, pages, files of hosts.",
            answer(
                "A protocol and what came of it.",
                {
                    "protocol": name_of("robots, tdmrep, headers or html."),
                    "result": name_of("found, absent, unreadable or failed."),
                    "captures": whole("Captures of which this came."),
                },
            ),
        ),
        "kept": several(
            "The columns that were kept beside the texts, once per source.",
            answer(
                "A column.",
                {
                    "source": name_of("The source."),
                    "column": text("Its name, or the way to it."),
                    "type": maybe(text("The type of its values; null where no record that was read has any.")),
                },
            ),
        ),
        "contradicted": several(
            "Sources whose card denies personal data that was found in what was read.",
            answer("One.", {"source": name_of("The source."), "records": whole("Records.")}),
        ),
        "errors": several("What was rejected.", answer("Something damaged.", damage, ["rows"])),
        "repositories": several(
            "The git repositories that stand, each with its revision.",
            answer(
                "A repository.",
                {
                    "file": text("The repository."),
                    "commit": name_of("The id of the commit that is read."),
                    "committed_at": maybe(
                        text("When it was made, as whoever made it says; null where that cannot be read.")
                    ),
                    "url": maybe(
                        text(
                            "Where its files are published: what the address of each begins with; null where nobody says."
                        )
                    ),
                },
            ),
        ),
        "skipped": several(
            "Files that are not read, folders with all that is in them among them, and what holds no text in files that are.",
            answer(
                "A file.",
                {
                    **{k: damage[k] for k in ("file", "reason")},
                    "records": whole("How many of its records, where it is read."),
                },
                ["records"],
            ),
        ),
        "not_read": by_reason("The same by reason, most first."),
        "passed_over": several(
            "Which of them are never read unless they are named: secrets, version control, caches, checkpoints.",
            answer(
                "A pattern.",
                {
                    "pattern": name_of("What their names match."),
                    "reason": name_of("What they are."),
                    "paths": whole("How many files, or folders with all that is in them."),
                },
            ),
        ),
        "nothing_read": several(
            "Folders that were named and in which nothing can be read; with one of them the exit code is 4.",
            answer(
                "A folder.",
                {
                    "folder": name_of("The folder."),
                    "reasons": several(
                        "Why, most files first; none where the folder is empty.",
                        answer("A reason.", {"reason": name_of("Why."), "files": whole("How many files.")}),
                    ),
                },
            ),
        ),
        "papers": several(
            "Statements in files beside the texts that nobody can read: what they speak of is refused. Those of most files come"
            " first, 200 at most.",
            answer(
                "A statement.",
                {
                    "place": text("The file, and where in it."),
                    "file": text("Where the file lies."),
                    "detector": name_of("What read it, with its version."),
                    "says": text("How it begins."),
                    "files": whole("The files that it speaks of."),
                    "source": name_of("Their source."),
                },
            ),
        ),
        "sources": several("The cards and what they govern.", answer("A source.", source)),
        "seconds": number("How long it took.", minimum=0),
        "bytes": whole("Size of the files."),
        "text_bytes": whole("Size of the texts, as UTF-8."),
        "stages": by_name("Seconds per stage, over all workers.", number("Seconds.", minimum=0)),
        "next": following(),
    }
    return answer("What an ingest did.", keys)


def by_reason(says: str) -> Shape:
    """What is not read, counted by why."""
    counts = {
        "reason": name_of("Why."),
        "files": whole("How many files, or folders with all that is in them."),
        "records": whole("How many records of files that are read."),
    }
    return several(says, answer("A reason.", counts))


def alarms() -> Shape:
    """What an ingest or tag warns of."""
    keys = {
        "source": name_of("The source."),
        "records": whole("Its records."),
        "lost": whole("Of these, how many it would lose."),
    }
    return several("Sources that would lose most of their records to others as near copies.", answer("One.", keys))


def tag() -> Shape:
    """``rightful tag``."""
    keys = {
        "snapshot": whole("The snapshot that the run ends in."),
        "stages": several("Stages that ran again, or were left out.", name_of("A stage, near, or passages.")),
        "records": whole("Records with other tags or another recipe."),
        "unchanged": whole("Records in scope that had these tags already."),
        "parts": whole(
            "Parts of records that were written anew; with --passages parts of texts that have an index now."
        ),
        "alarms": alarms(),
        "seconds": number("How long it took.", minimum=0),
    }
    return answer("What a run of stages on stored records did.", keys)


def query() -> Shape:
    """``rightful query``: considered = permitted + excluded."""
    excluded = {
        "reason": reason_of(OWN_REASONS),
        "family": family(),
        "detail": text("What the reason is about."),
        "text": text("In words."),
    }
    of_family = {
        "family": family(),
        "text": text("In words."),
        **COUNTED,
        "reasons": several(
            "Its reasons, the largest first.",
            answer("A reason.", {"reason": reason_of(OWN_REASONS), "text": text("In words."), **COUNTED}),
        ),
    }
    option = {
        "option": name_of("The options to add, as they are written."),
        "options": several("The same, one by one: three at most.", name_of("An option.")),
        "records": whole("How many more records the query would permit, after copies were chosen."),
        "chars": {"description": "How many more characters; fewer where other copies are kept.", "type": "integer"},
        "permitted": counted("What it would permit in all."),
    }
    out = {"path": text("The file."), "records": whole("Its rows.")}
    together = {
        "act": act(),
        "licenses": maybe(several("The licences; null: any.", name_of("A licence."))),
        "clash": several("Two sets that leave nothing in common.", several("One.", name_of("A licence."))),
    }
    of_notice = {"type": name_of("What was found."), "records": whole("Records.")}
    of_source = {"source": name_of("The source."), "records": whole("Records.")}
    keys = {
        "use": use(),
        "snapshot": whole("The snapshot of the store."),
        "as_of": instant("The instant that was decided for."),
        "catalog": digest("Of the licence catalogue that decided, readings of one's own left aside."),
        "overlay": overlays(),
        "policy": policy(),
        "survivors": survivors(),
        "considered": counted("What was looked at."),
        "permitted": counted("What the use permits."),
        "excluded": several("What it does not, by first reason.", answer("A reason.", {**excluded, **COUNTED})),
        "families": several(
            "The same by family, the largest first; their sums are those of excluded.", answer("A family.", of_family)
        ),
        "would_permit": several(
            "The smallest sets of options that would permit more, at most 10.", answer("A set.", option)
        ),
        "obligations": obligations(),
        "todo": todo(),
        "together": several(
            "The licences under which one work made from everything permitted may be published.",
            answer("An act.", together),
        ),
        "contested": several("Sources whose exact copies leave a permission undecided.", answer("One.", of_source)),
        "contradicted": several("Sources whose card denies personal data that was found.", answer("One.", of_source)),
        "notices": several(
            "Personal data in copyright notices and author lines of the permitted, which stays.",
            answer("A kind.", of_notice),
        ),
        "coverage": coverage(),
        "licenses": tally("license", "By licence."),
        "languages": tally("language", "By language."),
        "sources": tally("source", "By source."),
        "valid_until": maybe(instant("The first instant at which a permission may end.")),
        "ids": several("The permitted records (with --ids).", record_id()),
        "next": following(),
        "out": answer("What was written (with -o).", out),
    }
    return answer("Which records a use permits, and why the others are excluded.", keys, ["ids", "out"])


def coverage() -> Shape:
    """For how many hosts somebody looked."""
    keys = {
        "protocol": text("Where somebody looked.", known=AT_THE_LOCATION),
        "hosts": whole("Hosts of the records that were looked at."),
        "looked": whole("Hosts of which every record has an observation that could be read."),
        "share": number("looked of hosts.", minimum=0, maximum=1),
        "fresh": whole("Hosts that were looked at within the days of the policy (observed_within)."),
        "newest": maybe(text("The day of the newest observation; null: none.")),
        "oldest": maybe(text("The day of the oldest that counts for some record; null: none.")),
    }
    says = "For how many hosts somebody looked for reservations; empty where no record has an address."
    return several(says, answer("A protocol.", keys))


def similar() -> Shape:
    """``rightful similar``: near copies of a text from outside, without any text."""
    match = {
        "record": record_id(),
        "source": name_of("Its source."),
        "source_record_id": maybe(text("Its id there.")),
        "url": maybe(text("Its address.")),
        "similarity": number("The Jaccard similarity of the sets of shingles of both texts."),
        "estimated": number("The same, by the places in which both signatures agree."),
        "exact": truth("Whether it is an exact copy: the same text to a reader."),
        "state": text("What it is: " + "; ".join(f"{k}, {v}" for k, v in STATES.items()) + ".", known=STATES),
    }
    keys = {
        "file": maybe(text("The file of the text; null where the text itself was given.")),
        "snapshot": whole("The snapshot."),
        "text": answer(
            "The text from outside.",
            {"chars": whole("Unicode code points."), "shingles": whole("Distinct shingles; 0 without words.")},
        ),
        "threshold": number("The least similarity."),
        "matches": several("Near copies and exact ones, the most alike first.", answer("A record.", match)),
        "more": whole("Matches over the limit."),
        "compared": answer(
            "What was read.", {"signatures": whole("Signatures compared."), "bytes": whole("Bytes of them.")}
        ),
        "candidates": whole("Rows whose signatures are like enough, or that are exact copies."),
        "verified": whole("Of them those whose texts were read: the most alike."),
        "unsearched": several(
            "Records that could not be compared.",
            answer("One reason.", {"reason": text("Why not."), "records": whole("How many.")}),
        ),
        "by": answer(
            "With which a MinHash of one's own can be compared.",
            {
                "library": text("The library and its version."),
                "scheme": text("Its scheme of permutations."),
                "permutations": whole("Values of a signature."),
                "seed": whole("Its seed."),
            },
        ),
        "seconds": number("How long it took."),
        "next": following(),
    }
    return answer("What is like a text from outside.", keys)


def stats() -> Shape:
    """``rightful stats``."""
    counts = {**COUNTED, "bytes": whole("Bytes of their texts as UTF-8.")}
    share = {
        "share": number("Of the records.", minimum=0, maximum=1),
        "bytes_share": number("Of the bytes.", minimum=0, maximum=1),
    }
    axis = {
        "column": text("The column of the records.", known=[a.column for a in AXES.values()]),
        "several": truth("Whether a record counts under each of several values."),
        "unmeasured": answer("Records that were not measured: they are in no row.", counts),
        "values": whole("How many values there are."),
        "rows": several(
            f"The most frequent values, {MOST_VALUES} at most.",
            answer("A value.", {"value": maybe(text("The value; null: none.")), **counts, **share}),
        ),
        "others": answer("What is not in rows.", {"values": whole("How many values."), **counts}),
    }
    edge = {
        "low": number("From here on."),
        "high": maybe(number("Up to there; null: no end.")),
        "count": whole("How many there are."),
    }
    histogram = {
        "of": text("What is counted.", known=dict.fromkeys(h.of for h in HISTOGRAMS.values())),
        "known": whole("How many have the number."),
        "missing": whole("How many have not."),
        "least": maybe(number("The least.")),
        "most": maybe(number("The most.")),
        "bins": several("The bins that are not empty, in order.", answer("A bin.", edge)),
    }
    out = {"path": text("The folder."), "files": several("Its files.", name_of("A file."))}
    keys = {
        "snapshot": whole("The snapshot of the store."),
        "where": maybe(text("The condition on the columns of a record.")),
        "totals": answer("All records that count.", counts),
        "axes": by_name("Records by their values.", answer("An axis.", axis), {"enum": list(AXES)}),
        "histograms": by_name("How numbers are spread.", answer("One.", histogram), {"enum": list(HISTOGRAMS)}),
        "next": following(),
        "out": answer("What was written (with -o).", out),
    }
    return answer("What a store holds, whether or not it may be used.", keys, ["next", "out"])


def _looked() -> dict[str, Shape]:
    """One capture of a location or an address."""
    stated = {
        "acts": several("What it is about.", word("An act or a parent of acts.")),
        "status": text("What it says of that.", known=STATUSES),
        "raw": text("What stood there."),
    }
    return {
        "protocol": text("What was looked at.", known=CAPTURED),
        "location": text("Where: a host, or an address."),
        "result": text("What came of it.", known=RESULTS),
        "observed_at": instant("When somebody looked."),
        "recorded_at": instant("When the store was told."),
        "by": maybe(text("Who looked, where somebody says so.")),
        "place": maybe(text("Where it stood in what was ingested, file and byte; null: it came with a refresh.")),
        "detector": text("What read it."),
        "statements": several("What was stated.", answer("A statement.", stated)),
        "counts": truth("Whether it counts at the instant that is asked about: no newer one takes its place."),
        "at_fetch": truth("Whether it was in force when the record was fetched."),
    }


def explain() -> Shape:
    """``rightful explain``."""
    reason = {
        "reason": reason_of(),
        "family": maybe(family()),
        "act": act(),
        "tier": whole("What the reason rests on: 0 to 7; 8 where nothing is stated.", maximum=8),
        "detail": text("What it is about."),
        "evidence": text("The claim that it rests on; empty where it is more than one."),
        "text": text("In words."),
    }
    copy = {
        "record": record_id(),
        "source": name_of("Its source."),
        "license": maybe(text("Its licence.")),
        "kind": text("What sort of copy.", known=DEDUP["near"]),
        "similarity": number("1 for exact copies.", minimum=0, maximum=1),
    }
    remedy = {"reason": text("Of which reason.", known=REMEDIES), "text": text("What is missing.")}
    change = {"option": name_of("The option."), "decision": text("The decision with it.", known=DECISIONS)}
    ancestor = {
        "way": name_of("The way to the ancestor."),
        "record": record_id(),
        "source": name_of("Its source."),
        "license": maybe(text("Its licence, where all of it can be read.")),
    }
    keys = {
        "record": record_id(),
        "decision": text("The decision.", known=DECISIONS),
        "use": use(),
        "as_of": instant("The instant decided for."),
        "snapshot": whole("The snapshot."),
        "policy": policy(),
        "catalog": digest("Of the catalogue, readings of one's own left aside."),
        "overlay": overlays(),
        "by_act": by_name("The decision on each act alone.", text("The decision.", known=DECISIONS), act()),
        "reasons": {**several("Why, the first reason first.", answer("A reason.", reason)), "minItems": 1},
        "obligations": several("What comes with a permission.", word("An obligation.")),
        "asked_by": by_name("Who asks for its preconditions.", several("Who.", name_of("A licence or party."))),
        "todo": todo(),
        "evidence": several("The claims of the record.", evidence()),
        "looked": several("Captures of its location and address, the newest first.", answer("A capture.", _looked())),
        "not_rights": several(
            "Columns that the card of its source declares not to speak of rights.",
            answer("A column.", {"column": name_of("The column."), "reason": text("Why it says nothing of rights.")}),
        ),
        "guesses": several(
            "Values of the card of its source that `rightful init` guessed and nobody confirmed: they permit nothing.",
            answer(
                "A guess.",
                {
                    "key": name_of("The key of the card."),
                    "value": text("What is guessed."),
                    "file": text("The card that it stands in."),
                },
            ),
        ),
        "events": several("The consent events that reach it, 5 at most: refusals first, then the newest.", event()),
        "event_count": whole("How many events reach it."),
        "reviews": several("What was decided about its text and near copies, the newest first.", review()),
        "copies": several("Its copies, 20 at most.", answer("A copy.", copy)),
        "ancestors": several("The rows of ancestors that it came from, 20 at most.", answer("A row.", ancestor)),
        "inversions": several("Ancestors that permit less than its source states.", inversion()),
        "would_change": several("Options under which the answer differs, each alone.", answer("An option.", change)),
        "remedies": several("What could lift the refusal.", answer("One.", remedy)),
        "valid_until": maybe(instant("The first instant at which a dated claim begins or ends.")),
        "recorded_at": instant("When the record was first taken in."),
        "updated_at": instant("When its present content was taken in."),
        "kept": maybe({"description": "What was kept of the row of its source, by column.", "type": "object"}),
        "tags": {"description": "Columns of the record.", "type": "object"},
        "next": following(),
    }
    return answer("The decision on one record and all that it rests on.", keys)


def evidence() -> Shape:
    """One claim as it is shown: what decides, then where it was read. Empty fields are left out."""
    decides = {
        "kind": text("How the claim counts.", known=KINDS),
        "tier": whole("What it rests on.", maximum=7),
        "bound_to": text("What it is bound to.", known=BOUND_TO),
        "expression": text("The licence."),
        "acts": several("Acts.", word("An act, a parent or *.")),
        "purposes": several("Purposes.", text("A purpose.")),
        "applications": several("Applications.", text("An application.")),
        "obligations": several("Obligations.", word("An obligation.")),
        "jurisdictions": several("Where.", text("A place.")),
        "actors": several("For whom.", text("An actor.")),
        "basis": text("The statute, or what a refusal rests on."),
        "authority": text("Whether the source publishes the work itself."),
        "stated_on": day("When it was stated."),
        "valid_from": instant("From when it holds."),
        "valid_until": instant("Until when it holds."),
        "layer": text("The ancestor that it is about."),
        "party": text("With whom, or to whom it was given."),
        "perpetual": truth("Whether it has no end."),
        "guessed": truth("Whether nobody confirmed it."),
        "beside": truth("Whether a file beside the texts claims it."),
    }
    clause = {
        "license": name_of("The licence."),
        "acts": several("Of these acts.", act()),
        "verdict": text("What it says.", known=DECISIONS),
        "obligations": several("On these conditions.", word("An obligation.")),
        "clause": name_of("Where the text says so."),
        "rationale": name_of("Why that means this."),
        "url": text("Where the text is."),
        "overlay": overlays()["items"],
    }
    shown = {
        "evidence": name_of("The id of the claim."),
        "determining": truth("Whether the decision rests on it."),
        "statement": name_of("What is claimed."),
        "states": text("What is claimed, in words."),
        "says": text("What it says of the acts asked."),
        "clauses": several("What each licence of it says, and where.", answer("A verdict.", clause, ["overlay"])),
        "raw": text("What was read, as it stood there."),
        "phrase": text("The words in it that reserve, where a reservation was made in words."),
        "place": text("Where it was read."),
        "detector": text("What read it."),
        "observed_at": text("When it was observed."),
    }
    return answer(
        "A claim.", {**shown, **decides}, ["phrase", *(k for k in decides if k not in ("kind", "tier", "bound_to"))]
    )


def event() -> Shape:
    """A consent event that reaches a record."""
    keys = {
        "event": name_of("The event."),
        "kind": text("What happened.", known=EVENT_KINDS),
        "selector": text("How it names its records.", known=SELECTORS),
        "effective": instant("When it takes effect."),
        "recorded": instant("When it was recorded."),
        "reason": text("Why."),
        "given_by": several("In which capacity a consent was given.", text("One.", known=CAPACITIES)),
        "party": text("To whom it was given."),
        "through": text("How it reaches the record.", known=WAYS),
        "through_copy": truth("Whether it reaches the record through an exact copy only."),
    }
    return answer("A consent event.", keys)


def review() -> Shape:
    """What somebody decided about two near copies."""
    keys = {
        "review": text("The review.", pattern="v-[0-9a-f]{16}"),
        "verdict": text("Two works, or one.", known=VERDICTS),
        "record": record_id(),
        "other": record_id(),
        "by": name_of("Who decided."),
        "reason": name_of("Why."),
        "recorded": instant("When it was recorded; it counts from then."),
    }
    return answer("A review of two near copies; it holds for their texts.", keys)


def reviews() -> Shape:
    """``rightful review list``."""
    pair = {
        "kind": text("What sort of copy.", known=DEDUP["near"]),
        "record": record_id(),
        "source": name_of("Its source."),
        "license": maybe(text("Its licence.")),
        "other": record_id(),
        "other_source": name_of("The source of the other."),
        "other_license": maybe(text("The licence of the other.")),
        "similarity": maybe(
            number("1 for exact copies; null: above the threshold of the search.", minimum=0, maximum=1)
        ),
        "why": several("Why the other leaves the record undecided.", text("One.", known=WHYS)),
        "records": whole("Records with this text that it leaves undecided."),
        "by_review": truth("Whether a review settles it: not for exact copies."),
    }
    notice = {
        "what": text(
            "A notice that contradicts a permission, a licence header that cannot be read, or words that reserve.",
            known=("notice", "header", "reservation"),
        ),
        "phrase": text("Which notice, by its id; empty for the others."),
        "source": name_of("The source."),
        "records": whole("Records of the source that have it."),
        "record": record_id(),
        "sample": text("The words as one of them has them."),
        "settles": text("What sets it aside where it is none of the works' own; empty where nothing does."),
    }
    keys = {
        "use": use(),
        "as_of": instant("The instant that was decided for."),
        "snapshot": whole("The snapshot of the store."),
        "near": whole("Pairs of near copies that wait for a review."),
        "exact": whole("Pairs of exact copies that are contested."),
        "open": several("The pairs, as many as asked for.", answer("A pair of texts, each named by a record.", pair)),
        "notices": several(
            "What texts say of their own rights, by phrase and source, as many as asked for.", answer("One.", notice)
        ),
        "next": following(),
    }
    return answer("What copies leave undecided for a use.", keys)


def signal_check() -> Shape:
    """``rightful signal check``."""
    statement = {
        "act": text("The act: a leaf, or the parent of all that it covers."),
        "status": text(
            "Reserved, left open (on a condition, or as it cannot be read), or not reserved.", known=STATUSES
        ),
        "raw": text("What stands there."),
    }
    license = {
        "raw": text("The licence, as it stands there."),
        "place": text("Where in the capture it stands."),
        "tier": whole("4: stated of the page itself; 6: it is not certain that the page is meant."),
        "why": text("Why that is not certain."),
    }
    keys = {
        "kind": text("The kind of the signal.", known=SIGNALS),
        "url": text("The address that was asked about; empty: the root, and of tdmrep and rsl all that is stated."),
        "agent": text("The crawler that was asked about; empty: none."),
        "on": maybe(day("The day on which it was seen; null: every reading that a label ever had counts.")),
        "result": text("What came of reading it.", known=OF_READING),
        "statements": several("Each act once: the strictest that is stated.", answer("One.", statement)),
        "licenses": several("Licences that are stated.", answer("One.", license)),
        "unread": several("What is not understood.", text("One.")),
        "allowed": truth("robots, with an agent: whether it may fetch the address."),
    }
    return answer("What a signal says.", keys, ["allowed"])


def scanned() -> Shape:
    """``rightful evidence scan``."""
    tiers = text("The tier of the claim.", pattern="T[0-7]")
    source = {
        "source": name_of("The id of the source."),
        "folder": text("The folder that a card for it lies in, or would."),
        "card": maybe(text("The card that governs it; null where none does.")),
        "files": whole("Its files."),
        "licenses": several("The licences that are stated of them; all hold.", name_of("An expression.")),
        "unreadable": whole("Statements that nobody can read."),
    }
    claim = {
        "path": text("The file that states it."),
        "place": text("The file, and where in it."),
        "kind": text("What kind of claim.", known=KINDS),
        "statement": text("What it states.", known=STATEMENTS),
        "tier": tiers,
        "expression": maybe(text("The licence; null where it states none.")),
        "layer": maybe(text("The source that these data were made from, which it is about; null: these data.")),
        "detector": name_of("What read it, with the version of its rules."),
        "raw": text("What stands there, at most 300 characters."),
        "files": whole("Files that it speaks of."),
    }
    differing = {k: claim[k] for k in ("expression", "place", "detector")} | {"tier": tiers}
    differing["expression"] = name_of("The licence.")
    card = {
        "file": text("Where the card lies, or would."),
        "folder": text("The folder that it governs."),
        "files": whole("The files that have no other card."),
        "licenses": several("What is stated of them anyway.", name_of("An expression.")),
        "written": truth("Whether it was written."),
        "reason": maybe(text("Why it was not; null: it was, or nobody asked for it.")),
        "guesses": several(
            "Its values that nobody confirmed.",
            answer(
                "One.",
                {
                    "key": name_of("The key."),
                    "value": text("The value."),
                    "why": text("What it was read from."),
                    "line": text("How it stands in the card once it is confirmed."),
                },
            ),
        ),
        "notes": several("What a person has to say.", text("One.")),
        "text": maybe(text("The card; null where one stands.")),
    }
    keys = {
        "paths": several("What was named.", text("A path.")),
        "files": whole("Files that an ingest would read."),
        "sources": several("By source and folder.", answer("One.", source)),
        "claims": several("Everything that is claimed, each once.", answer("A claim.", claim)),
        "documents": answer(
            "The sample of texts.",
            {"looked": whole("Texts that were looked into."), "stating": whole("Those that say something.")},
        ),
        "unopened": several(
            "What was not looked into.",
            answer("One.", {"reason": text("Why not."), "files": whole("How many files.")}),
        ),
        "conflicts": several(
            "Statements that name different licences for the same files, most files first.",
            answer(
                "One.",
                {
                    "files": whole("Files that they speak of."),
                    "claims": several("The statements; all hold.", answer("One.", differing)),
                },
            ),
        ),
        "unreadable": several(
            "What nobody can read; it blocks.",
            answer("One.", {k: claim[k] for k in ("path", "place", "raw", "detector", "files")}),
        ),
        "cards": several("What to write into cards where there is none.", answer("A draft.", card)),
        "not_read": by_reason("What an ingest would not read, most first."),
        "errors": several(
            "Files that are damaged.",
            answer(
                "One.",
                {
                    "file": text("The file."),
                    "position": maybe(text("Where in it; null: all of it.")),
                    "reason": text("What is wrong."),
                },
            ),
        ),
        "seconds": number("How long it took.", minimum=0),
        "next": following(),
    }
    return answer("What is stated of data, before an ingest.", keys)


def refreshed() -> Shape:
    """``rightful signal refresh``."""
    error = {
        "place": text("The file, with the line or row of a table."),
        "reason": text("What is wrong with it."),
        "hint": maybe(text("What to do next.")),
    }
    keys = {
        "snapshot": maybe(whole("The snapshot of the store that has them; null after a dry run.")),
        "dry_run": truth("Whether nothing was changed."),
        "locations": whole("Locations of the store (scheme, host and port) that captures or lists are about."),
        "records": whole("Records there."),
        "added": whole("Observations that the store did not have; repeated ones are left out."),
        "changed": whole("Locations where what counts is not what counted before."),
        "reserved": whole("Locations where something is reserved now that was not, on all or some addresses."),
        "lifted": whole("Locations where nothing is reserved any more that was, on all or some addresses."),
        "unreadable": whole("Captures that cannot be read, or are no answer: they take the place of none."),
        "unmatched": whole("Captures and domains that no record of the store is of."),
        "errors": several("What cannot be a capture; it was left out.", answer("One.", error)),
        "next": following(),
    }
    return answer("What newer captures come to.", keys)


def wanted() -> Shape:
    """``rightful signal wanted``."""
    total = {
        "protocol": text("The protocol.", known=AT_THE_LOCATION),
        "hosts": whole("Hosts that are wanted."),
        "locations": whole("Files or pages that are wanted."),
        "records": whole("Records there."),
        "never": whole("Of these records how many nobody ever looked at."),
    }
    one = {
        "protocol": text("The protocol.", known=AT_THE_LOCATION),
        "host": maybe(text("The host.")),
        "url": text("What is to be fetched."),
        "records": whole("Records that depend on it."),
        "last_looked": maybe(text("The day of the newest observation that could be read; null: never.")),
    }
    keys = {
        "older_than": whole("So many days ago is too long."),
        "totals": several("By protocol.", answer("One.", total)),
        "wanted": several("Most records first, as many as asked for.", answer("One.", one)),
        "out": answer("Where all of them are.", {"path": path_of("The file."), "rows": whole("Its rows.")}),
        "next": following(),
    }
    return answer("Where nobody looked, or only too long ago.", keys, ["out"])


def verify() -> Shape:
    """``rightful verify``."""
    stale = {
        "record": record_id(),
        "shard": path_of("The shard that has it."),
        "reason": reason_of([NOT_STORED, ERASED, CHANGED]),
        "text": text("In words."),
    }
    corrupt = {"file": path_of("The file."), "reason": text("What is wrong with it.")}
    keys = {
        "ok": truth("Whether every file is whole and every record still permitted."),
        "export": name_of("The export."),
        "records": whole("Documents that were read."),
        "stale": several("Records that are not permitted today.", answer("A record.", stale)),
        "corrupt": several("Files that are not what was exported, each once.", answer("A file.", corrupt)),
        "gone": truth("Whether its folder is not there (with --all): decided by the store's copy of its index."),
        "version": whole("Its version: 1 as it was made, one more with each repair."),
        "level": maybe(
            text("The level of the repair that made this version; null where it is as it was made.", known=LEVELS)
        ),
        "next": following(),
        "in_memory": truth("That it was handed over in memory: its records were decided again, and files it has none."),
        "standalone": truth("That no store was asked (--standalone): whether records are still permitted is not said."),
        "records_root": digest("The root of its records, with --standalone; absent for one of an earlier version."),
        "signatures": signatures(),
    }
    says = "Whether an export is still intact and still permitted."
    return answer(says, keys, optional=["in_memory", "standalone", "records_root", "signatures"])


def error() -> Shape:
    """Any failure."""
    codes = sorted({kind.exit_code for kind in (RightfulError, InputError, Refused, DamagedInput)})
    keys = {
        "message": text("What is wrong."),
        "subject": maybe(text("What it is about.")),
        "hint": maybe(text("What to do next.")),
        "exit_code": {"description": "How the command ends.", "enum": codes},
        "next": following(),
    }
    return answer("A failure.", {"error": answer("What went wrong.", keys)})


def inversion() -> Shape:
    """Where a source is stated wider than one that it was made from."""
    keys = {
        "path": text("The way to the ancestor, from the source's own parent on."),
        "purpose": text("For this purpose.", known=PURPOSES),
        "ancestor": text("What the ancestor says.", known=("deny", "unknown")),
        "acts": several("Of these acts.", act()),
    }
    return answer("An ancestor that permits less.", keys)
