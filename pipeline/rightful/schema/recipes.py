"""Recipes: every setting of every stage, in words. Floor 9: part of `schema`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from rightful.dedup.settings import LINKAGES
from rightful.readers.dumps.wiki import REVISIONS
from rightful.readers.limits import LONGEST_VALUE
from rightful.readers.web.pages import EXTRACTORS
from rightful.recipes.recipe import ABOUT, CHOSEN, PRESET, Recipe, presets
from rightful.rights.columns import EVERY_COLUMN
from rightful.schema.shapes import Shape, closed, matching, name_of, one_or_several, several, text, truth
from rightful.stages import about, settings_of
from rightful.stages.order import OPTIONAL, STAGES

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
    "messages": "The column with the turns of a conversation, where it has another name than the known ones. No path.",
    "media": "The column that says where the content of a row is, where that is elsewhere; such a record has no text.",
    "media_sha256": "The column with the SHA-256 of content that is elsewhere, in hexadecimal.",
}


KEEP: Shape = one_or_several(
    f"Columns that are kept beside the text, though nothing is read from them; {EVERY_COLUMN}: all of these. Dots reach into objects."
    " The subject and the text are never kept.",
    name_of("A column."),
)


SETTING_WORDS: Mapping[str, Mapping[str, Shape]] = {
    "fields": {name: name_of(f"{says} Dots reach into objects.") for name, says in FIELD_WORDS.items()}
    | {"keep": KEEP},
    "near": {
        "search": truth("Whether to search for near copies."),
        "bands": {
            "description": "Bands of a signature; more bands find more copies, with more work.",
            "type": "integer",
            "minimum": 1,
        },
        "rows": {
            "description": "Values per band; more values find fewer pairs that are unlike.",
            "type": "integer",
            "minimum": 1,
        },
        "threshold": {
            "description": "The least Jaccard similarity of near copies.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
        },
        "bucket_limit": {
            "description": "If more texts than this agree in a band, each is compared with only a few of them.",
            "type": "integer",
            "minimum": 1,
        },
        "bucket_anchors": {"description": "How many, in that case.", "type": "integer", "minimum": 1},
        "linkage": text("complete: any two of a group are near; anchor: each and the anchor.", known=LINKAGES),
        "alarm_share": {
            "description": "A source that would lose more than this share to others is named.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
        },
    },
    "wiki": {
        "revisions": text(
            "latest: of each page the newest revision that the dump holds; all: every revision is a record.",
            known=REVISIONS,
        ),
        "namespaces": several(
            "The namespaces whose pages are read, by number; 0 are the articles.",
            {"description": "The number of a namespace.", "type": "integer"},
        ),
    },
    "passages": {"index": truth("Whether rightful find can look passages up, for some 4 % of the text's bytes.")},
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
        "members": {
            "description": "The most members of an archive that are read, those of archives within it counted.",
            "type": "integer",
            "minimum": 1,
        },
        "depth": {
            "description": "How deep archives may lie within archives; 1 is an archive that has none in it.",
            "type": "integer",
            "minimum": 1,
        },
    },
    "pages": {
        "extractor": text("What takes the text out of pages in web archives; plain takes all of it.", known=EXTRACTORS),
        "main_content": truth("Whether only the main content of such a page is taken, without menus and footers."),
        "files": text("What takes the text out of HTML files.", known=EXTRACTORS),
    },
}
TABLE_WORDS = {
    "fields": "Which column holds what; options of the command come before it, the card's fields after it.",
    "near": "How near copies are found, verified and grouped.",
    "pages": "How HTML becomes text. A key that has its default is not part of the identity of a recipe.",
    "wiki": "Which pages of a MediaWiki dump are records.",
    "passages": "The index of passages. Not part of the identity of a recipe.",
    "limits": "Limits on what is read, so that memory stays bounded: anything beyond them is damage. Not part of the identity of a recipe.",
}


def recipe() -> Shape:
    """The settings of stages and readers, each with its default."""
    tables: dict[str, Shape] = {}
    for name, of in Recipe().tables().items():
        if isinstance(of, STAGES):
            tables[name] = closed(about(type(of)), settings_of(type(of)))
        else:
            tables[name] = closed(TABLE_WORDS[name], _settings(name, of))
    chosen = several("The stages that run beside those that always do.", text("A stage.", known=OPTIONAL))
    above: dict[str, Shape] = {
        ABOUT: text("What the recipe is for."),
        PRESET: text("The recipe that comes with rightful and is changed by this one.", known=presets()),
        CHOSEN: chosen | {"default": list(OPTIONAL)},
    }
    return closed("Settings of a run; what is not here has its default.", above | tables)


def _settings(name: str, of: Any) -> dict[str, Shape]:
    defaults = {f.name: f.default for f in dataclasses.fields(of) if f.default is not dataclasses.MISSING}
    shapes = matching(f"settings of {name}", defaults, SETTING_WORDS[name])
    return {key: shapes[key] | ({} if value is None else {"default": value}) for key, value in defaults.items()}
