"""Writes what of docs/ is generated: reference.md, and the blocks of other pages between ``generated`` marks.

    python docs/make.py           write
    python docs/make.py --check   say what is out of date, and end with 1

Names, types and defaults come from the code, sentences from its docstrings, help and schemas.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
for folder in (ROOT, ROOT / "pipeline"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from docs import law, rooms  # noqa: E402
from rightful import catalog  # noqa: E402
from rightful.cli.app import cli  # noqa: E402
from rightful.cli.options import USE_OPTION_NAMES  # noqa: E402
from rightful.decisions.named import all_named  # noqa: E402
from rightful.errors import EXIT_CODES  # noqa: E402
from rightful.events.consents import KIND_NAMES  # noqa: E402
from rightful.export import formats  # noqa: E402
from rightful.export.formats import text as texts  # noqa: E402
from rightful.readers.machine import MACHINE_DATA  # noqa: E402
from rightful.readers.never import NEVER_READ  # noqa: E402
from rightful.readers.read import readers  # noqa: E402
from rightful.recipes.recipe import ABOUT, CHOSEN, PRESET, presets  # noqa: E402
from rightful.rights.consent import SELECTORS  # noqa: E402
from rightful.rights.uses import PROFILES  # noqa: E402
from rightful.schema import documents, find  # noqa: E402
from rightful.signals.cards.guesses import UNCONFIRMED  # noqa: E402
from rightful.stages.license import LicenseTags  # noqa: E402
from rightful.stages.order import STAGES  # noqa: E402

SELECTOR_WORDS = {
    "record": "one record, by its id",
    "content-sha256": "all records whose text has this digest, as it came or normalised",
    "url": "the records at this address, however it is spelled, and what archives, caches and readers show of it",
    "url-prefix": "all addresses below this one, likewise; a prefix ends at a path segment",
    "domain": "all addresses on this host and its subdomains, and what is shown of them elsewhere",
    "subject": "all records about this person (the column given by `--subject-field`)",
    "source": "all records of this source",
    "text": "all records with this text: by the digest of the normalised text, or a file that has it",
    "passage": "the record that this passage is in, and what else held it then: `RECORD:START+LENGTH`, as `find` reports it",
    "author": "all records by this author (kept as a keyed hash, like a person)",
    "owner": "all that is of this owner of repositories: `github.com/mira`, `github.com/mira/notes`, or one sort of it:"
    " `github.com/mira#issues`",
}
GUESS = "^TODO confirm:"
"""How the pattern of a guess begins, which may stand in place of nearly any value of a card."""
USE_OPTIONS = {"use", *USE_OPTION_NAMES}
Table = list[str]


def pages() -> dict[str, str]:
    """Every page that is generated, wholly or in part: name -> text as it should be."""
    blocks = {
        "source-cards.md": {
            "keys": "\n".join(keys_of(find("source-card"))),
            "guesses": "\n".join(table(("key", "unconfirmed"), ((f"`{k}`", v) for k, v in UNCONFIRMED.items()))),
        },
        "first-look.md": {"never": "\n".join(table(("what", "names"), never()))},
        "corpora.md": {"machine": "\n".join(table(("what", "suffixes"), machine()))},
        "store-format.md": {"tables": "\n".join(tables())},
        "architecture.md": {"floors": "\n".join(floors())},
        "law.md": {"tests": "\n".join(law.footnotes(law.PAGE.read_text("utf-8")))},
    }
    found = {"reference.md": reference()}
    for page, by_name in blocks.items():
        text = (HERE / page).read_text("utf-8")
        for name, block in by_name.items():
            text = with_block(text, name, block)
        found[page] = text
    return found


def never() -> Iterator[tuple[str, str]]:
    """What is never read unless it is named: what it is, and the patterns of names."""
    for what, patterns in NEVER_READ.items():
        yield what, " ".join(f"`{pattern}`" for pattern in patterns)


def machine() -> Iterator[tuple[str, str]]:
    """What is written in characters and is no text: what it is, and the suffixes."""
    for what, suffixes in MACHINE_DATA.items():
        yield what, " ".join(f"`{suffix}`" for suffix in suffixes)


def with_block(text: str, name: str, block: str) -> str:
    """The text with the block of this name between its marks. Raises :class:`ValueError` where it has no such marks."""
    start, end = f"<!-- generated: {name} -->", "<!-- end -->"
    before, mark, rest = text.partition(start)
    _, closing, after = rest.partition(end)
    if not (mark and closing):
        raise ValueError(f"no marks {start} and {end}")
    return f"{before}{start}\n\n{block}\n\n{end}{after}"


def reference() -> str:
    """reference.md."""
    lines = [
        "<!-- generated by docs/make.py from the code: do not edit, run `make docs` -->",
        "# Reference",
        "",
        "Every command with `--json` answers one JSON document; everything else goes to stderr. Global options stand anywhere on",
        "the line. Every command has its twin in Python, with its options as keywords; `help(Store.query)` explains one.",
        "",
        *section("Exit codes", table(("code", "means"), ((f"`{c}`", says) for c, says in EXIT_CODES.items()))),
        *section("Global options", options(cli)),
        *section("Use options", use_options()),
        *section("Commands", commands()),
        *section("Words of a request", words()),
        *section("Consent events", events()),
        *section("What is read", inputs()),
        *section("Stages and the recipe", stages()),
        *section("`STORE/policy.toml`", policy()),
        *section("Named uses: `STORE/uses/NAME.toml`", named_uses()),
        *section("Shard formats", shards()),
        *section("Schemas", schemas()),
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A heading and what stands under it."""
    yield from (f"## {title}", "", *lines, "")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A Markdown table."""
    cells = [[str(c).replace("|", "\\|").replace("\n", " ") for c in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in ([*head], ["---"] * len(head), *cells)]


def walk(command: click.Command, name: str = "rightful") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group with its full name, in alphabetical order."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for child in sorted(command.list_commands(context)):
        if (found := command.get_command(context, child)) is not None:
            yield from walk(found, f"{name} {child}")


def commands() -> Iterator[str]:
    """Each command: usage, help, example, options."""
    for name, command in walk(cli):
        arguments = [p.human_readable_name for p in command.params if isinstance(p, click.Argument)]
        takes_use = {p.name for p in command.params} >= USE_OPTIONS
        shown = [*arguments, "USE-OPTIONS"] if takes_use else arguments
        yield from (f"### `{' '.join([name, *shown])}`", "", clean(command.help), "")
        yield from ("```console", f"$ {example(command)}", "```", "")
        yield from (f"In Python: `store.{'.'.join(twin_of(name))}`.", "")
        listed = options(command, USE_OPTIONS if takes_use else ())
        if len(listed) > 2:
            yield from (*listed, "")


def twin_of(name: str) -> list[str]:
    """The attributes that lead from a store to the twin of a command, by its full name.

    The group ``store`` is the store itself, ``layout`` is called ``layouts`` (``store.layout`` is where its files lie), a
    word that Python reserves ends in ``_``, and a dash is one too.
    """
    words = name.split()[1:]
    if words[0] == "layout":
        words = ["layouts", *words[1:]]
    if words[0] == "store":
        words = words[1:]
    return [f"{word}_" if iskeyword(word) else word.replace("-", "_") for word in words]


def clean(text: str | None) -> str:
    """Help or a docstring as paragraphs."""
    return "\n\n".join(" ".join(p.split()) for p in (text or "").split("\n\n") if p.strip())


def example(command: click.Command) -> str:
    """The command line of the epilog."""
    return (command.epilog or "").removeprefix("Example: ")


def options(command: click.Command, without: Iterable[str] = ()) -> Table:
    """The options of a command as a table."""
    left_out = set(without)
    listed = [p for p in command.params if isinstance(p, click.Option) and p.name not in left_out]
    rows = [(spelled(o), o.help or "", default_of(o)) for o in listed]
    return table(("option", "means", "default"), rows)


def spelled(option: click.Option) -> str:
    """``-o, --out FILE``."""
    metavar = "" if option.is_flag else f" {option.metavar or (option.name or '').upper()}"
    return f"`{', '.join(getattr(option, 'names', option.opts))}{metavar}`" + (" (needed)" if option.required else "")


def default_of(option: click.Option) -> str:
    """The default where the option shows one."""
    return f"`{option.default}`" if option.show_default else ""


def use_options() -> Iterator[str]:
    """The options that say what is asked, once for all commands."""
    query = cli.get_command(click.Context(cli), "query")
    assert query is not None
    others = [p.name or "" for p in query.params if p.name not in USE_OPTIONS]
    yield "The same on every command that asks about a use. Every default is the strictest."
    yield from ("", *options(query, others))


def words() -> Iterator[str]:
    """Readings; acts, purposes, actors, applications, obligations and statutes of the catalogue; schemes of terms."""
    known = catalog.load().vocabulary
    yield from ("`rightful uses` lists them, and `rightful uses train.pretrain` explains one.", "")
    yield from ("Readings of licences: " + ", ".join(f"`{n}`" for n in PROFILES) + ".", "")
    acts = [(f"`{a.id}`", a.summary, a.known_from.isoformat()) for a in known.acts.values()]
    yield from (*table(("act", "means", "practised since"), acts), "")
    for title, explained in (("purpose", known.purposes), ("actor", known.actors)):
        yield from (*table((title, "means"), ((f"`{i}`", says) for i, says in explained.items())), "")
    uses = [(f"`{a.id}`", a.summary, "sensitive" if a.sensitive else "") for a in known.applications.values()]
    yield from (*table(("application", "what for", ""), uses), "")
    owed = [
        (f"`{o.id}`", o.summary, o.trigger, "precondition" if o.precondition else "")
        for o in known.obligations.values()
    ]
    yield from (*table(("obligation", "asks", "when", ""), owed), "")
    bundles = ((f"`{b.id}`", b.summary, ", ".join(f"`{o}`" for o in b.obligations)) for b in known.bundles.values())
    yield from (*table(("bundle", "asks", "of"), bundles), "")
    statutes = [(f"`{s.id}`", s.summary, s.source) for s in known.statutes.values()]
    yield from (*table(("statute", "covers", "source"), statutes), "")
    yield "Terms of other vocabularies are read with these schemes; `rightful uses --scheme aipref` lists the terms of one."
    schemes = [(f"`{s.id}`", s.summary, f"[source]({s.url})") for s in known.schemes.values()]
    yield from ("", *table(("scheme", "what", ""), schemes))


def events() -> Iterator[str]:
    """Selectors, kinds of events, columns of an import."""
    rows = [(f"`{s}`", f"`--{s}`", SELECTOR_WORDS[s]) for s in SELECTORS]
    yield from (*table(("selector", "option", "names"), rows), "")
    kinds: dict[str, list[str]] = {}
    for name, kind in KIND_NAMES.items():
        kinds.setdefault(kind, []).append(f"`{name}`")
    yield from (
        *table(("event", "what it may be called in a file"), [(f"`{k}`", ", ".join(n)) for k, n in kinds.items()]),
        "",
    )
    yield from ("Columns of `rightful consent import`:", "", *keys_of(find("consent-row")))


def inputs() -> Iterator[str]:
    """The formats that are read."""
    rows = [(", ".join(f"`{f}`" for f in r.FORMATS), first_sentence(r.__doc__)) for r in readers()]
    yield from table(("format", "what"), rows)
    yield from ("", "Source cards: [source-cards.md](source-cards.md).")


def stages() -> Iterator[str]:
    """Each stage with its columns and settings."""
    yield "A recipe is a TOML file with a table a stage; what it leaves out has its default."
    recipe = find("recipe")["properties"]
    rows = [(f"`{name}`", recipe[name]["description"]) for name in (PRESET, CHOSEN, ABOUT)]
    yield from ("", "Above the tables may stand:", "", *table(("key", "what"), rows))
    yield from ("", "Recipes that come with it (`rightful recipe NAME` prints one, `--recipe NAME` uses it):", "")
    yield from table(("recipe", "for"), [(f"`{name}`", about) for name, about in presets().items()])
    for stage in (*STAGES, LicenseTags):
        columns = ", ".join(f"`{f.name}`" for f in stage.adds)
        module = import_module(stage.__module__)
        yield from ("", f"### `{stage.name}`", "", first_sentence(module.__doc__), "", f"Adds {columns}.")
        settings = keys_of(recipe[stage.name]) if stage.name in recipe else []
        yield from ("", *settings) if len(settings) > 2 else ()
    yield from (
        "",
        "### `near`",
        "",
        "Not a stage: when records land, the whole store is searched for near copies.",
        "",
    )
    yield from keys_of(recipe["near"])
    yield from ("", "### `limits`", "", recipe["limits"]["description"], "", *keys_of(recipe["limits"]))
    yield from ("", "### `pages`", "", recipe["pages"]["description"], "", *keys_of(recipe["pages"]))
    yield from ("", "### `fields`", "", recipe["fields"]["description"], "", *keys_of(recipe["fields"]))


def policy() -> Iterator[str]:
    """The keys of a policy."""
    yield from (find("policy")["description"], "", *keys_of(find("policy")))


def named_uses() -> Iterator[str]:
    """The keys of a named use, and those that come with rightful."""
    yield from (find("named-use")["description"], "", *keys_of(find("named-use")), "")
    shipped = all_named(Path("nowhere"), catalog.load().vocabulary)
    rows = ((f"`{u.name}`", u.data["summary"], ", ".join(f"`{s}`" for s in u.statutes)) for u in shipped)
    yield from table(("named use", "is", "rests on"), rows)


def shards() -> Table:
    """The shard formats."""
    shape = formats.Shape(vocab_size=50_257, eod=0)
    found = [(name, form.suffixes(shape), form) for name, form in ((n, formats.find(n)) for n in formats.of_tokens())]
    found += [
        (f"text --text-as {name}", way.SUFFIXES, way) for name, way in ((n, texts.find(n)) for n in texts.names())
    ]
    rows = [(f"`{n}`", ", ".join(f"`{s}`" for s in suffixes), first_sentence(f.__doc__)) for n, suffixes, f in found]
    return table(("format", "files", "what"), rows)


def schemas() -> Table:
    """The files of schemas/."""
    return table(("file", "of what"), [(f"[`{f}`](../schemas/{f})", d["description"]) for f, d in documents().items()])


def keys_of(shape: Mapping[str, Any], prefix: str = "") -> Table:
    """The keys of a table, those of tables within it after it."""
    return table(("key", "value", "means", "default"), key_rows(shape, prefix))


def key_rows(shape: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    for key, of in shape["properties"].items():
        needed = " (needed)" if key in shape.get("required", ()) else ""
        default = json.dumps(of["default"]) if "default" in of else ""
        yield f"`{prefix}{key}`{needed}", kind_of(of), of.get("description", ""), f"`{default}`" if default else ""
        if "properties" in of:
            yield from key_rows(of, f"{prefix}{key}.")
        elif "properties" in of.get("items", {}):
            yield from key_rows(of["items"], f"{prefix}{key}[].")


def kind_of(of: Mapping[str, Any]) -> str:
    """What a value may be, in a few words."""
    if "const" in of:
        return f"`{of['const']}`"
    if "enum" in of:
        names = [f"`{n}`" for n in of["enum"]]
        return ", ".join(names if len(names) <= 20 else [*names[:3], "..."])
    if "anyOf" in of:
        options = [o for o in of["anyOf"] if o.get("type") != "null" and not o.get("pattern", "").startswith(GUESS)]
        kinds = list(dict.fromkeys(map(kind_of, options)))
        return f"{kinds[0]}; or a list" if kinds[1:] == [f"list of {kinds[0]}"] else " or ".join(kinds)
    if of.get("type") == "array":
        return f"list of {kind_of(of['items'])}"
    if "pattern" in of:
        return (
            "date or time" if "[T ]" in of["pattern"] else "date" if of["pattern"].startswith("^([0-9]{4}") else "text"
        )
    return {"string": "text", "boolean": "true or false", "object": "table"}.get(
        str(of.get("type")), str(of.get("type"))
    )


def first_sentence(docstring: str | None) -> str:
    """The first sentence of a docstring, without the floor."""
    text = " ".join((docstring or "").strip().split("\n\n")[0].split())
    text = re.split(r"\.? Floor \d", text)[0]
    return re.split(r"(?<=[a-z`)\]])\. ", text)[0].rstrip(".").replace(":class:", "").replace("``", "`") + "."


def tables() -> Iterator[str]:
    """Every Parquet table with its columns."""
    for document in documents().values():
        if "fields" in document:
            yield from (f"### `{document['file']}`", "", document["description"], "")
            rows = [(f"`{f['name']}`", type_of(f), f["description"]) for f in document["fields"]]
            yield from (*table(("column", "type", "means"), rows), "")


def type_of(column: Mapping[str, Any]) -> str:
    """The type of a column, shortly."""
    short = re.sub(r"dictionary<values=(\w+).*>", r"\1", column["type"])
    short = re.sub(r"list<(\w+)>", r"list of \1", short).replace("large_", "")
    short = short.replace("fixed_size_binary[32]", "32 bytes").replace("timestamp[us, tz=UTC]", "time")
    return short + (", may be null" if column["nullable"] else "")


def floors() -> Table:
    """The rooms of the package from the top floor down, each with the first sentence of its docstring."""
    found = rooms.rooms_of(rooms.PACKAGE)
    from_the_top = reversed(list(enumerate(rooms.floors_of(ROOT / "pyproject.toml"))))
    rows = [
        (number, f"`{name}`", first_sentence(found[name].docstring))
        for number, names in from_the_top
        for name in names
        if name in found
    ]
    return table(("floor", "room", "what"), rows)


def main(arguments: Sequence[str]) -> int:
    """Write, or compare."""
    stale = [name for name, text in pages().items() if not same(HERE / name, text)]
    if "--check" in arguments:
        sys.stderr.write("".join(f"error: docs/{name}: is not what the code says; run make docs\n" for name in stale))
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(pages()[name], encoding="utf-8")
        sys.stdout.write(f"wrote docs/{name}\n")
    return 0


def same(path: Path, text: str) -> bool:
    """True when the file has this text."""
    return path.is_file() and path.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
