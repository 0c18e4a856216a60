"""Recipes: every setting of every stage, in words. Floor 10: part of `schema`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from rightful.dedup.settings import LINKAGES
from rightful.readers.limits import LONGEST_VALUE
from rightful.recipes.recipe import ABOUT, CHOSEN, OPTIONAL, PRESET, TABLES, Recipe, presets
from rightful.schema.shapes import Shape, closed, matching, name_of, several, text, truth
from rightful.stages.classifier import BACKENDS as CLASSIFIERS
from rightful.stages.language.detectors import BACKENDS

FIELD_WORDS = {
    "text": "The column that holds the text.",
    "id": "The column with the source's own id of a record.",
    "url": "The column with the address.",
    "license": "The column with the licence of the row.",
    "language": "The column with the language.",
    "title": "The column with the title.",
    "author": "The column with the author, or a list of them.",
    "subject": "The column that names the person a record is about; stored as a keyed hash only.",
    "date": "The column with the date of publication.",
    "fetched": "The column with the time of fetching.",
    "parents": "The column with the ids of the rows, of sources that this one was made from, that a row came from.",
}


def _number(says: str, most: int | None = None, kind: str = "number") -> Shape:
    return {"description": says, "type": kind, "minimum": 0, **({} if most is None else {"maximum": most})}


def _share(says: str) -> Shape:
    return _number(says, 1)


def _whole(says: str) -> Shape:
    return _number(says, kind="integer")


QUALITY: Mapping[str, Shape] = {
    "preset": text(
        "Whose rules filters_failed names: gopher, c4, fineweb, dclm, none, or several joined by +.",
        pattern=r"(gopher|c4|fineweb|dclm|none)(\+(gopher|c4|fineweb|dclm|none))*",
    ),
    "stop_words": {
        "description": "Your own stop words, parted by spaces, at most 64; empty: the lists that come with it.",
        "type": "string",
    },
    "min_words": _whole("Gopher: the least words."),
    "max_words": _whole("Gopher: the most words."),
    "min_word_length": _number("Gopher: the least mean length of a word."),
    "max_word_length": _number("Gopher: the greatest mean length of a word."),
    "max_hash_ratio": _number("Gopher: the most number signs per word."),
    "max_ellipsis_ratio": _number("Gopher: the most ellipses per word."),
    "max_bullet_line_share": _share("Gopher: the most lines that begin with a bullet."),
    "max_ellipsis_line_share": _share("Gopher: the most lines that end in an ellipsis."),
    "min_alpha_word_share": _share("Gopher: the least words with a letter."),
    "min_stop_words": _whole("Gopher: the least distinct stop words."),
    "max_dup_line_share": _share("Gopher: the most lines that were there before."),
    "max_dup_paragraph_share": _share("Gopher: the most paragraphs that were there before."),
    "max_dup_line_char_share": _share("Gopher: the most characters in such lines."),
    "max_dup_paragraph_char_share": _share("Gopher: the most characters in such paragraphs."),
    **{
        f"max_top_{n}gram_share": _share(
            f"Gopher: the most characters that the most frequent {n} words in a row make up."
        )
        for n in (2, 3, 4)
    },
    **{
        f"max_dup_{n}gram_share": _share(f"Gopher: the most characters in {n} words in a row that were there before.")
        for n in range(5, 11)
    },
    "c4_terminal_punctuation": {
        "description": "C4: whether only lines count that end as sentences do; FineWeb: false.",
        "type": "boolean",
    },
    "c4_min_words_per_line": _whole("C4: the least words of a line that counts."),
    "c4_max_word_length": _whole("C4: the longest word in a line that counts."),
    "c4_min_sentences": _whole("C4: the least sentences in lines that count."),
    "c4_max_curly_lines": _whole("C4: the most lines with a curly bracket."),
    "c4_max_lorem_lines": _whole("C4: the most lines with lorem ipsum."),
    "c4_min_terminal_line_share": _share("The least lines that end as sentences do; 0, as C4 has it, asks for none."),
    "c4_max_few_word_line_share": _share("The most lines of few words; 1, as C4 has it, refuses no text."),
    "c4_max_javascript_line_share": _share("The most lines about Javascript; 1, as C4 has it, refuses no text."),
    "c4_max_policy_line_share": _share("The most lines about policies; 1, as C4 has it, refuses no text."),
    "short_line_chars": _whole("FineWeb: a line of so many characters or fewer is short."),
    "min_punctuated_line_share": _share("FineWeb: the least lines that end in punctuation."),
    "max_short_line_share": _share("FineWeb: the most short lines."),
    "max_line_char_dup_ratio": _share("FineWeb: the most characters in lines that were there before."),
    "max_newline_ratio": _number("FineWeb: the most line feeds per word."),
    "max_flagged_word_share": _share("DCLM: the most words in lines of capitals, digits, one word or a counter."),
}
CLASSIFIER: Mapping[str, Shape] = {
    "backend": {"description": "What kind of model it is.", "enum": sorted(CLASSIFIERS)},
    "model": {"description": "The file of your own model; empty: none.", "type": "string"},
    "sha256": text("The digest of that file; another file is an error.", pattern="([0-9a-f]{64})?"),
    "label": {"description": "The label whose probability is the score; empty: the likeliest.", "type": "string"},
    "chars": _whole("How many characters of a text the model reads; 0: all."),
}
DECONTAMINATE: Mapping[str, Shape] = {
    "sets": {
        "description": "Files of evaluation sets, parted by ; or line ends: .jsonl, .parquet, .csv, .tsv, .txt; empty: none.",
        "type": "string",
    },
    "columns": {
        "description": "Their texts, parted by commas; a + b: one behind the other; a list a set, parted by ;, where they differ.",
        "type": "string",
    },
    "ngram": {"description": "Words in a row that are looked for.", "type": "integer", "minimum": 1, "maximum": 64},
    "characters": {
        "description": "Characters in a row, in scripts without spaces between words.",
        "type": "integer",
        "minimum": 1,
        "maximum": 64,
    },
    "min_words": {
        "description": "An item shorter than an n-gram is looked for as a whole from so many words on.",
        "type": "integer",
        "minimum": 1,
        "maximum": 64,
    },
    "max_items": {
        "description": "N-grams in more items of a set than these are its boilerplate, not looked for; 0: all are.",
        "type": "integer",
        "minimum": 0,
    },
    "threshold": {
        "description": "The least share of an item for its set to be named; 0: any n-gram found.",
        "type": "number",
        "minimum": 0,
        "maximum": 1,
    },
}
SETTING_WORDS: Mapping[str, Mapping[str, Shape]] = {
    "fields": {name: name_of(f"{says} Dots reach into objects.") for name, says in FIELD_WORDS.items()},
    "normalize": {},
    "language": {
        "backend": text("Which detector answers.", known=BACKENDS),
        "chars": {
            "description": "How many characters of a text are looked at, at six places evenly apart.",
            "type": "integer",
            "minimum": 1,
        },
        "threshold": _share("Below this score a language is und."),
        "short_threshold": _share("Below this score the language of a text of fewer than 20 letters is und."),
        "code_threshold": _share(
            "From this share of code on a text is source code, zxx; a file named as source code needs a fifth."
        ),
    },
    "statistics": {},
    "quality": QUALITY,
    "classifier": CLASSIFIER,
    "decontaminate": DECONTAMINATE,
    "pii": {
        "look_for": text(
            "Types or groups (contact, network, financial, national_id, secret, default, all), with spaces between; fewer than"
            " default never says none_found."
        ),
        "addresses": text("public, or all: private and documentation addresses too.", known=("public", "all")),
        "phone_regions": text("Countries (ES PT) whose national numbers count without a leading 0 or a word."),
        "spans": truth("Store where each was found."),
        "entity_model": text("module:name of an installed recogniser of names. It is run: use recipes you trust."),
        "entity_model_path": text("A file or folder it is made from."),
    },
    "near": {
        "search": truth("Whether near copies are looked for."),
        "bands": {
            "description": "Bands of a signature; more find more, at more work.",
            "type": "integer",
            "minimum": 1,
        },
        "rows": {"description": "Values of a band; more find fewer that are unlike.", "type": "integer", "minimum": 1},
        "threshold": {
            "description": "The least Jaccard similarity of near copies.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
        },
        "bucket_limit": {
            "description": "Above so many texts that agree in a band each is compared with a few of them only.",
            "type": "integer",
            "minimum": 1,
        },
        "bucket_anchors": {"description": "With how many then.", "type": "integer", "minimum": 1},
        "linkage": text("complete: any two of a group are near; anchor: each and the anchor.", known=LINKAGES),
        "alarm_share": {
            "description": "A source that would lose more than this share to others is named.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
        },
    },
    "limits": {
        "value_bytes": {
            "description": "The longest value: a text, an address, a list, an object; a line, row or file that is a record.",
            "type": "integer",
            "minimum": 1,
            "maximum": LONGEST_VALUE,
        },
        "row_group_bytes": {
            "description": "The most that a row group of Parquet may unpack to, in the columns that are read.",
            "type": "integer",
            "minimum": 1,
        },
        "expansion": {
            "description": "A file unpacks to at most so many times its size; the first 64 MiB are free.",
            "type": "integer",
            "minimum": 1,
        },
    },
}
TABLE_WORDS = {
    "fields": "Which column says what; an option of the command goes before it, the card's fields after it.",
    "normalize": "Digests and sizes; no settings.",
    "language": "The main language of a text, and whether it is source code.",
    "statistics": "Numbers about the shape of a text; no settings.",
    "quality": "The filter rules of Gopher, C4, FineWeb and DCLM, as numbers and as tags.",
    "classifier": "A model of your own, asked about each text.",
    "decontaminate": "Evaluation sets of your own, looked for in each text.",
    "pii": "The scan for personal data.",
    "near": "How near copies are found, verified and grouped.",
    "limits": "How much is read, so that memory stays bounded: what is beyond is damage. No part of the identity of a recipe.",
}


def recipe() -> Shape:
    """The settings of stages and readers, each with its default."""
    tables = {}
    for name in TABLES:
        made = getattr(Recipe(), name)
        defaults = {
            f.name: getattr(made, f.name) for f in dataclasses.fields(made) if f.default is not dataclasses.MISSING
        }
        shapes = matching(f"settings of {name}", defaults, SETTING_WORDS[name])
        settings = {key: shapes[key] | ({} if value is None else {"default": value}) for key, value in defaults.items()}
        tables[name] = closed(TABLE_WORDS[name], settings)
    chosen = several("The stages that run beside those that always do.", text("A stage.", known=OPTIONAL))
    above: dict[str, Shape] = {
        ABOUT: text("What the recipe is for."),
        PRESET: text("The recipe that comes with rightful and is changed by this one.", known=presets()),
        CHOSEN: chosen | {"default": list(OPTIONAL)},
    }
    return closed("Settings of a run; what is not here has its default.", above | tables)
