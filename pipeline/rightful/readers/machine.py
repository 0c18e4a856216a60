"""Kinds of file that are written in characters and are no texts: data, keys, what programs write for programs. Floor 2.

A file whose content is text is read whatever its suffix; these are what is left unread, by the suffixes that say so, each with
the reason. What has a reader of its own (``.csv``, ``.json``, mail, archives) is that reader's. Suffixes that were always read,
such as those of source code, do not stand here.
"""

from __future__ import annotations

from collections.abc import Mapping

MACHINE_DATA: Mapping[str, tuple[str, ...]] = {
    "a source map": (".map",),
    "a lock file": (".lock", ".lockb"),
    "checksums": (".md5", ".md5sum", ".md5sums", ".sha1", ".sha256", ".sha256sum", ".sha512", ".sfv", ".sum"),
    "a key, certificate or signature": (
        *(".crt", ".cer", ".csr", ".crl", ".key", ".pub", ".gpg", ".pgp", ".sig", ".p7b", ".p7c", ".p7s", ".p8"),
        *(".ppk", ".jwk", ".ovpn", ".keytab", ".age"),
    ),
    "a drawing": (".svg", ".eps", ".ps", ".ai", ".dxf", ".drawio", ".fig", ".xpm", ".xbm", ".ppm", ".pgm", ".pbm"),
    "a model of shapes": (".obj", ".mtl", ".stl", ".ply", ".gltf", ".wrl", ".dae", ".step", ".stp", ".iges", ".igs"),
    "a notebook": (".ipynb", ".zpln"),
    "map data": (".geojson", ".topojson", ".kml", ".gpx", ".osm", ".wkt"),
    "sequences or structures": (
        *(".fasta", ".fa", ".fna", ".faa", ".fastq", ".fq", ".gff", ".gff3", ".gtf", ".bed", ".sam", ".pdb", ".cif"),
        *(".mol", ".mol2", ".sdf", ".smi", ".nwk"),
    ),
    "a table": (".psv", ".arff", ".svm", ".libsvm", ".npz", ".dif", ".slk"),
    "contacts or appointments": (".vcf", ".vcard", ".ics", ".ical", ".ldif"),
    "encoded bytes": (".b64", ".base64", ".uu", ".uue", ".hex", ".ihex", ".srec", ".s19"),
    "a font": (".bdf", ".afm", ".pfa", ".sfd", ".ttx"),
    "a list of media": (".m3u", ".m3u8", ".pls", ".cue", ".xspf"),
    "a record of traffic": (".har", ".cdx", ".cdxj", ".pcap"),
}
"""What it is -> the suffixes. It is the one list; ``docs/corpora.md`` shows it."""

_BY_SUFFIX = {suffix: kind for kind, suffixes in MACHINE_DATA.items() for suffix in suffixes}

OF_READERS = frozenset(
    ".zip .tar .tgz .tbz .tbz2 .txz .tzst .7z .rar .cpio .jar .whl .egg .iso"
    " .warc .wet .wat .arc .mbox .eml .emlx .epub .zim .parquet .arrow .feather .bundle"
    " .json .jsonl .ndjson .csv .tsv .tab".split()
)
"""Suffixes of formats whose content is more than a text: where no reader knows such a file, it is not one of text either."""


def machine_data(suffix: str) -> str | None:
    """What a suffix says that a file is, where that is no text; None where it says nothing of the kind.

    >>> machine_data(".lock"), machine_data(".debian")
    ('a lock file', None)
    """
    return _BY_SUFFIX.get(suffix)
