"""The text of an HTML page. Floor 2: the readers.

A page is hostile input and its text becomes an identity, so this is one pass in linear time whose result does not change
with the version of Python: the tokenizer of the standard library takes quadratic time on unclosed comments, and what it
makes of broken markup changed in its security releases. Tags end, comments end and raw text ends where the HTML standard
says (https://html.spec.whatwg.org/multipage/parsing.html#tokenization); nothing of the tree construction is attempted.
"""

from __future__ import annotations

import re
from html import unescape

_DROPPED = frozenset({"script", "style", "template", "noscript", "iframe", "noembed", "noframes"})
_RAW = _DROPPED - {"template", "noscript"} | {"textarea", "title", "xmp"}  # no tags inside: they end at their end tag
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre search section "
    "select summary table tbody tfoot thead title tr ul".split()
)
_CELLS = frozenset({"td", "th"})

_MARKUP = re.compile(r"<(?:(/?)([a-zA-Z][^\s/>]*)|!--|[!?/])")
_TAG_REST = re.compile(r"""(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|["'=])*+>""")
_COMMENT_END = re.compile(r"--!?>")
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_SPACE = re.compile(r"[ \t\n\r\f]+")
_XML_MARKUP = re.compile(r"<(?:(/?)([a-zA-Z_][^\s/>]*)|!--|!\[CDATA\[|[!?/])")
_XML_RAW_END = {
    name: re.compile(rf"<!\[CDATA\[(?:.*?\]\]>|.*\Z)|(</{name}(?=[\s/>]))", re.IGNORECASE | re.DOTALL) for name in _RAW
}
_DOCTYPE = re.compile(
    r"""<!DOCTYPE(?:[^\[>"']++|"[^"]*+"|'[^']*+')*+(?:\[(?:[^\]"']++|"[^"]*+"|'[^']*+')*+\])?\s*>""", re.IGNORECASE
)
_CDATA = "<![CDATA["
_ENDLESS_NUMBER = re.compile(r"&#[0-9]{100,};?")  # int() refuses these, and unescape() with it


def html_text(html: str, *, xml: bool = False) -> tuple[str, str | None]:
    """The text of a page with a line per block, and its title.

    Scripts, styles, templates, ``noscript`` and comments are dropped, entities decoded; white space is collapsed except
    in ``pre`` and ``textarea``. With ``xml``, or where an XML declaration begins it, the page is XHTML: ``<title/>`` is
    an element without content, ``<![CDATA[`` holds text, and a processing instruction ends at ``?>``
    (https://www.w3.org/TR/xml/, sections 2.6, 2.7 and 3.1).

    >>> html_text("<title>A &amp; B</title><p>One<br>two <b>bold</b>.<script>x()</script><p>Three")
    ('One\\ntwo bold.\\nThree', 'A & B')
    >>> html_text("<title/><script src='a.js'/><p>One", xml=True)
    ('One', None)
    """
    xml = xml or html.lstrip("\ufeff \t\r\n").startswith("<?xml")
    page = _Page()
    markup = _XML_MARKUP if xml else _MARKUP
    at = 0
    while match := markup.search(html, at):
        page.text(html[at : match.start()])
        at = _markup(html, match, page, xml)
    page.text(html[at:])
    return page.result(), page.title


def _markup(html: str, match: re.Match[str], page: _Page, xml: bool) -> int:
    """Take one piece of markup; where the next text begins. Markup that does not end takes the rest of the page."""
    if match[2] is None:
        return _xml_passed(html, match, page) if xml else _passed(html, match)
    end = _TAG_REST.match(html, match.end(2))
    if end is None:
        return len(html)
    name = match[2].lower()
    if xml:
        name = name.rpartition(":")[2]  # a prefix: <xhtml:p>
    page.tag(name, closes=bool(match[1]))
    if xml and not match[1] and html.endswith("/>", match.start(), end.end()):
        page.tag(name, closes=True)
        return end.end()
    if match[1] or name not in _RAW:
        return end.end()
    if xml:
        return _xml_raw(html, end.end(), name, page)
    close = _RAW_END[name].search(html, end.end())
    stop = close.start() if close else len(html)
    page.raw(name, html[end.end() : stop])
    return stop


def _xml_raw(html: str, start: int, name: str, page: _Page) -> int:
    """The end of an element without tags inside; ``</script>`` within a CDATA section is not its end."""
    closes = (found.start() for found in _XML_RAW_END[name].finditer(html, start) if found[1])
    stop = next(closes, len(html))
    page.raw(name, html[start:stop].replace(_CDATA, "").replace("]]>", ""))
    return stop


def _xml_passed(html: str, match: re.Match[str], page: _Page) -> int:
    """As :func:`_passed`, in XML; a CDATA section is text as it stands."""
    if match[0] == _CDATA:
        end = html.find("]]>", match.end())
        page.verbatim(html[match.end() : end if end >= 0 else len(html)])
        return end + 3 if end >= 0 else len(html)
    if match[0] == "<?":
        end = html.find("?>", match.end())
        return end + 2 if end >= 0 else len(html)
    declaration = None if page.declared else _DOCTYPE.match(html, match.start())
    page.declared = True  # looked for once: a page has one, and each look may go to its end
    return declaration.end() if declaration else _passed(html, match)


def _passed(html: str, match: re.Match[str]) -> int:
    """The end of a comment, a declaration or a processing instruction."""
    if match[0] != "<!--":
        return html.find(">", match.start()) + 1 or len(html)
    if html.startswith((">", "->"), match.end()):  # <!--> and <!---> are comments
        return html.index(">", match.end()) + 1
    end = _COMMENT_END.search(html, match.end())
    return end.end() if end else len(html)


def decoded(text: str) -> str:
    """Text with its entities read; a number without end is U+FFFD.

    >>> decoded("A &amp; B")
    'A & B'
    """
    return unescape(_ENDLESS_NUMBER.sub("\ufffd", text)) if "&" in text else text


class _Page:
    """What a page says, taken piece by piece."""

    def __init__(self) -> None:
        self.title: str | None = None
        self.declared = False
        self._parts: list[str] = []
        self._gap = ""  # what stands before the next text: nothing, a space or a newline
        self._dropping: dict[str, int] = {}  # how many template and noscript elements are open
        self._verbatim = 0  # how many pre elements are open

    def text(self, piece: str) -> None:
        if self._dropping or not piece:
            return
        self._flow(decoded(piece))

    def verbatim(self, piece: str) -> None:
        """Text in which nothing is an entity."""
        if not self._dropping and piece:
            self._flow(piece)

    def _flow(self, piece: str) -> None:
        if self._verbatim:
            self._add(piece)
            return
        flowing = _SPACE.sub(" ", piece)
        if flowing.startswith(" "):
            self._gap = self._gap or " "
        self._add(flowing.strip(" "))
        if flowing.endswith(" "):
            self._gap = self._gap or " "

    def tag(self, name: str, *, closes: bool) -> None:
        step = -1 if closes else 1
        if name in ("template", "noscript"):
            self._dropping[name] = self._dropping.get(name, 0) + step
            if self._dropping[name] <= 0:
                del self._dropping[name]
        if self._dropping:
            return
        if name == "pre":
            self._verbatim = max(0, self._verbatim + step)
        if name in _BLOCKS:
            self._gap = "\n"
        elif name in _CELLS:
            self._gap = self._gap or " "

    def raw(self, name: str, content: str) -> None:
        """The content of an element that has no tags inside."""
        if self._dropping or name in _DROPPED:
            return
        if name == "title":
            if self.title is None:
                self.title = _SPACE.sub(" ", decoded(content)).strip() or None
        else:
            self._add(decoded(content) if name == "textarea" else content)

    def result(self) -> str:
        return "".join(self._parts).strip()

    def _add(self, piece: str) -> None:
        if piece:
            self._parts += (self._gap, piece) if self._parts else (piece,)
            self._gap = ""
