"""Files that are one document each: prose in its markup, plain text, source code, HTML. Floor 2: a reader.

The text is what the file holds, to the character; of HTML it is the text of the page. UTF-8 only: what else it might be is
never guessed, because a wrong guess is a wrong text. A suffix that says nothing does not keep a text from being read; what
is text and no document stands in ``readers.machine``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rightful.readers import Damage, Extent, FoundFile, Item, Read, ReadOptions
from rightful.readers.charsets import UTF_16
from rightful.readers.fields import Record, text_fault
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank, suffix
from rightful.readers.limits import Limits
from rightful.readers.long import LONG_BYTES, NotUtf8, fault_of
from rightful.readers.machine import OF_READERS, machine_data
from rightful.readers.reserving import reserved_in
from rightful.readers.rows import Rows
from rightful.readers.statements import Collector, Statement, of_folders
from rightful.readers.streams import SUFFIXES as PACKED_SUFFIXES
from rightful.readers.streams import StreamBroken, content_of
from rightful.readers.web.pages import Pages, extracted

FORMATS = ("text", "html")
PACKS = True

MEDIA_TYPES = {
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx", ".rmd", ".qmd"), "text/markdown"),
    **dict.fromkeys((".rst", ".rest"), "text/x-rst"),
    **dict.fromkeys((".adoc", ".asciidoc", ".asc"), "text/asciidoc"),
    **dict.fromkeys((".txt", ".text", ".log"), "text/plain"),
    **dict.fromkeys((".html", ".htm", ".xhtml", ".xht"), "text/html"),
    **dict.fromkeys((".tex", ".latex", ".sty", ".cls", ".bib"), "text/x-tex"),
    **dict.fromkeys((".org",), "text/x-org"),
    **dict.fromkeys((".textile",), "text/x-textile"),
    **dict.fromkeys((".wiki", ".mediawiki"), "text/x-wiki"),
    **dict.fromkeys((".pod",), "text/x-pod"),
    **dict.fromkeys((".rdoc",), "text/x-rdoc"),
    **dict.fromkeys((".po", ".pot"), "text/x-gettext-translation"),
    **dict.fromkeys((".srt", ".vtt"), "text/vtt"),
    **dict.fromkeys((".py", ".pyi", ".pyx", ".pxd"), "text/x-python"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "text/javascript"),
    **dict.fromkeys((".ts", ".tsx", ".mts", ".cts"), "text/x-typescript"),
    **dict.fromkeys((".vue", ".svelte", ".astro"), "text/x-component"),
    **dict.fromkeys((".java",), "text/x-java"),
    **dict.fromkeys((".kt", ".kts"), "text/x-kotlin"),
    **dict.fromkeys((".scala", ".sc", ".sbt"), "text/x-scala"),
    **dict.fromkeys((".groovy", ".gradle"), "text/x-groovy"),
    **dict.fromkeys((".c", ".h"), "text/x-c"),
    **dict.fromkeys(
        (".cpp", ".cc", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".h++", ".ipp", ".cu", ".cuh"), "text/x-c++"
    ),
    **dict.fromkeys((".m", ".mm"), "text/x-objective-c"),
    **dict.fromkeys((".cs", ".csx"), "text/x-csharp"),
    **dict.fromkeys((".fs", ".fsi", ".fsx"), "text/x-fsharp"),
    **dict.fromkeys((".vb", ".bas"), "text/x-basic"),
    **dict.fromkeys((".rs",), "text/x-rust"),
    **dict.fromkeys((".go",), "text/x-go"),
    **dict.fromkeys((".zig",), "text/x-zig"),
    **dict.fromkeys((".nim",), "text/x-nim"),
    **dict.fromkeys((".d",), "text/x-d"),
    **dict.fromkeys((".swift",), "text/x-swift"),
    **dict.fromkeys((".dart",), "text/x-dart"),
    **dict.fromkeys((".rb", ".rake", ".gemspec", ".ru"), "text/x-ruby"),
    **dict.fromkeys((".php", ".phtml"), "text/x-php"),
    **dict.fromkeys((".pl", ".pm", ".t", ".raku"), "text/x-perl"),
    **dict.fromkeys((".lua",), "text/x-lua"),
    **dict.fromkeys((".tcl",), "text/x-tcl"),
    **dict.fromkeys((".sh", ".bash", ".zsh", ".fish", ".ksh"), "text/x-sh"),
    **dict.fromkeys((".ps1", ".psm1", ".psd1"), "text/x-powershell"),
    **dict.fromkeys((".bat", ".cmd"), "text/x-bat"),
    **dict.fromkeys((".awk", ".sed"), "text/x-awk"),
    **dict.fromkeys((".r",), "text/x-r"),
    **dict.fromkeys((".jl",), "text/x-julia"),
    **dict.fromkeys((".f", ".for", ".f77", ".f90", ".f95", ".f03", ".f08"), "text/x-fortran"),
    **dict.fromkeys((".pas", ".pp", ".dpr"), "text/x-pascal"),
    **dict.fromkeys((".ada", ".adb", ".ads"), "text/x-ada"),
    **dict.fromkeys((".cob", ".cbl", ".cpy"), "text/x-cobol"),
    **dict.fromkeys((".asm", ".s"), "text/x-asm"),
    **dict.fromkeys((".v", ".sv", ".vhd", ".vhdl"), "text/x-hdl"),
    **dict.fromkeys((".hs", ".lhs"), "text/x-haskell"),
    **dict.fromkeys((".ml", ".mli"), "text/x-ocaml"),
    **dict.fromkeys((".elm",), "text/x-elm"),
    **dict.fromkeys((".ex", ".exs", ".eex", ".heex"), "text/x-elixir"),
    **dict.fromkeys((".erl", ".hrl"), "text/x-erlang"),
    **dict.fromkeys((".clj", ".cljs", ".cljc", ".edn"), "text/x-clojure"),
    **dict.fromkeys((".lisp", ".lsp", ".cl", ".el", ".scm", ".ss", ".rkt"), "text/x-lisp"),
    **dict.fromkeys((".agda", ".idr", ".lean", ".thy", ".coq"), "text/x-proof"),
    **dict.fromkeys((".vim", ".vimrc"), "text/x-vim"),
    **dict.fromkeys((".sol",), "text/x-solidity"),
    **dict.fromkeys((".sql",), "text/x-sql"),
    **dict.fromkeys((".graphql", ".gql"), "text/x-graphql"),
    **dict.fromkeys((".proto", ".thrift"), "text/x-idl"),
    **dict.fromkeys((".glsl", ".vert", ".frag", ".hlsl", ".wgsl", ".metal"), "text/x-shader"),
    **dict.fromkeys((".css",), "text/css"),
    **dict.fromkeys((".scss", ".sass", ".less", ".styl"), "text/x-scss"),
    **dict.fromkeys((".xml", ".xsl", ".xslt", ".xsd", ".dtd"), "text/xml"),
    **dict.fromkeys((".toml",), "text/x-toml"),
    **dict.fromkeys((".yaml", ".yml"), "text/x-yaml"),
    **dict.fromkeys((".ini", ".cfg", ".conf", ".properties"), "text/x-ini"),
    **dict.fromkeys((".tf", ".hcl", ".nix", ".bzl", ".cmake", ".mk", ".mak", ".dockerfile"), "text/x-build"),
    **dict.fromkeys((".diff", ".patch"), "text/x-diff"),
    **dict.fromkeys(
        (".haml", ".erb", ".slim", ".pug", ".jade", ".liquid", ".ejs", ".hbs", ".mustache"), "text/x-template"
    ),
    **dict.fromkeys((".j2", ".jinja", ".jinja2", ".twig", ".tmpl", ".tpl", ".njk"), "text/x-template"),
}
"""Suffix -> media type: the kinds of file that are a document each."""

_BOM = b"\xef\xbb\xbf"
_NOT_TEXT = bytes({*range(7), *range(14, 27), *range(28, 32), 127})  # control characters that no text has
_PDF = b"%PDF-"  # may begin without a control character
_HTML = (b"<!doctype html", b"<html")
_XHTML = (".xhtml", ".xht")


_JSON = re.compile(rb'\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*\{\s*")')
_ARMOUR = re.compile(rb"\s*-----BEGIN [A-Z0-9 ]+-----")
_SEEN_SHARE = 0.95
"""So much of what begins a text can be seen, where nothing but its content says that it is one."""


def recognise(probe: Probe) -> Guess | None:
    """By suffix, else by what it holds. A known suffix on binary content is no document."""
    known = MEDIA_TYPES.get(probe.suffix)
    if known is None and (probe.suffix or probe.packed):
        return _by_content(probe)
    if b"\0" in probe.head and not probe.head.startswith(UTF_16):
        return Guess(Rank.TEXT, None, "binary file")
    if known is not None:
        return Guess(Rank.NAMED, "html" if known == "text/html" else "text")
    if _is_page(probe.head):
        return Guess(Rank.LOOKS, "html")
    return Guess(Rank.TEXT, None, "binary file") if _is_binary(probe.head) else Guess(Rank.TEXT, "text")


def _by_content(probe: Probe) -> Guess | None:
    """A file whose name says nothing: text where its beginning is. None for what is none, and is of no supported type."""
    kind = machine_data(probe.suffix)
    if kind is not None:
        return Guess(Rank.TEXT, None, f"{kind} ({probe.suffix})")
    if probe.suffix in OF_READERS:
        return None
    head = probe.head
    if head.startswith(UTF_16):
        return Guess(Rank.TEXT, None, "UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)")
    if not head or _is_binary(head):
        return None
    try:
        text = head.decode()
    except UnicodeDecodeError as bad:
        if bad.start < len(head) - 3 or bad.reason != "unexpected end of data":
            return Guess(Rank.TEXT, None, "not UTF-8: if it is a text, convert it first (iconv -t UTF-8)")
        text = head[: bad.start].decode()
    if _ARMOUR.match(head):
        return Guess(Rank.TEXT, None, "a key, certificate or signature")
    if _JSON.match(head):
        return Guess(Rank.TEXT, None, "JSON under another name: name it .jsonl where each line is an object")
    if sum(char.isprintable() or char.isspace() for char in text) < _SEEN_SHARE * len(text):
        return None
    return Guess(Rank.LOOKS, "html") if _is_page(head) else Guess(Rank.TEXT, "text")


def _is_page(head: bytes) -> bool:
    return head.lstrip(_BOM + b" \t\r\n")[:14].lower().startswith(_HTML)


def _is_binary(head: bytes) -> bool:
    return head.translate(None, _NOT_TEXT) != head or head.startswith(_PDF)


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: a file is one record."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """One record per file, with the file's name as its id. ``by.fields`` name columns: there are none."""
    rows, collector = Rows(), Collector(by.look)
    for file in item.files:
        reserved: list[Statement] = []
        found = record_of(file, by.limits, by.pages, reserved)
        if isinstance(found, Damage):
            yield found
            continue
        record, size = found
        raw, statements = collector.stated([*of_folders(file, by.look), *reserved])
        full = rows.add(file.name, 0, _media_type(file), record._replace(license_raw=raw, statements=statements), size)
        del found, record  # a long one is held by its rows alone, and then by their batch
        if full is not None:
            yield full
    if batch := rows.flush():
        yield batch
    yield Extent(0)


def record_of(
    file: FoundFile, limits: Limits, pages: Pages | None = None, reserved: list[Statement] | None = None
) -> tuple[Record, int] | Damage:
    """The one record of a file, and the size of the file in bytes. ``reserved`` takes what the tags of a page reserve."""
    try:
        content = content_of(file.path, limits)
    except StreamBroken as broken:
        return Damage(file.name, broken.reason)
    if content.startswith(UTF_16):
        return Damage(file.name, "UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)")
    if len(content) > LONG_BYTES and file.format != "html":
        return _long(file, content)
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as bad:
        return _not_utf8(file, content, bad.start)
    title = None
    if file.format == "html":
        if reserved is not None:
            reserved += reserved_in(text)
        how, is_xml = pages or Pages(), _inner_suffix(file.name) in _XHTML
        text, title, *_ = extracted(text, how.files, main_content=how.main_content, xml=is_xml)
    if fault := text_fault(text):
        return Damage(file.name, fault)
    return Record(source_record_id=file.name, text=text, title=title), len(content)


def _long(file: FoundFile, content: bytearray) -> tuple[Record, int] | Damage:
    """As :func:`record_of`; the text stays what the file holds."""
    size = len(content)
    marked = len(_BOM) if content.startswith(_BOM) else 0
    try:
        fault = fault_of(memoryview(content)[marked:])
    except NotUtf8 as bad:
        return _not_utf8(file, content, marked + bad.start)
    if fault is not None:
        return Damage(file.name, fault)
    del content[:marked]
    return Record(source_record_id=file.name, text=content), size


def _not_utf8(file: FoundFile, content: bytearray, start: int) -> Damage:
    reason = f"not UTF-8: byte 0x{content[start]:02x} at byte {start}; convert it first (iconv -t UTF-8)"
    return Damage(file.name, reason, "byte", start)


def _media_type(file: FoundFile) -> str:
    if file.format == "html":
        return "text/html"
    return MEDIA_TYPES.get(_inner_suffix(file.name), "text/plain")


def _inner_suffix(name: str) -> str:
    """The suffix of a name, that of a compression left aside."""
    return suffix(name[: -len(suffix(name))] if suffix(name) in PACKED_SUFFIXES else name)
