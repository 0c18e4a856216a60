"""The demo: the whole story on the sample data, as commands that a reader can type. Floor 10: part of `api`."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rightful.api.answers import Demo
from rightful.errors import InputError


@dataclass(frozen=True, slots=True)
class Scene:
    """Some words, the commands that follow, and the exit codes they must end with."""

    says: str
    commands: tuple[tuple[str, int], ...]


EXPORT = "--use train.pretrain --accept attribution --accept notice --format megatron --tokenizer train:1024"
MAIL = "--use train.nongen --application"

STORY = (
    Scene(
        "Ten small sources, each with a card that says where it is from and what was granted. They are read, tagged and stored.",
        (("ingest sample_data/good --workers 1", 0),),
    ),
    Scene(
        "What may a commercial pretraining run use, if it undertakes nothing? And why not the rest?",
        (("query --use train.pretrain", 0),),
    ),
    Scene(
        "It undertakes to credit authors and to keep notices.",
        (("query --use train.pretrain --accept attribution --accept notice", 0),),
    ),
    Scene(
        "Mail was given for spam filtering. Should this mail train a translation system?",
        ((f"explain wms-0001 {MAIL} translation", 0), (f"explain wms-0001 {MAIL} spam_filtering", 0)),
    ),
    Scene(
        "A mirror offers a poem under MIT whose publisher says non-commercial. The same bytes must not quietly become MIT.",
        (("explain m-004 --use train.pretrain --accept all", 0),),
    ),
    Scene(
        "What is permitted leaves as tokenized shards, with the proof beside them; and it can be verified, today and in years.",
        ((f"export shards {EXPORT}", 0), ("verify shards", 0)),
    ),
    Scene(
        "Mira Castellan withdraws her texts. The shards that have them no longer verify, and her texts are not taken in again.",
        (
            (
                "consent withdraw --url-prefix https://almanac.example/authors/mira-castellan --reason 'letter of 20 November'",
                0,
            ),
            ("verify shards", 3),
            ("ingest sample_data/good --workers 1", 0),
        ),
    ),
    Scene(
        "A new export does not have them, nor the copies of them that others offer.",
        ((f"export shards-without-her {EXPORT}", 0), ("verify shards-without-her", 0)),
    ),
    Scene(
        "Broken files: what can be read lands, what cannot is named, and the counts add up.",
        (
            (
                "ingest sample_data/bad/truncated.jsonl.gz sample_data/bad/not-json.jsonl sample_data/bad/truncated.parquet",
                4,
            ),
        ),
    ),
)


def sample_data() -> Path:
    """The sample data: beside the package in a wheel, at the root of a checkout. Raises :class:`InputError`."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "_data" / "sample_data", package.parents[1] / "sample_data"):
        if (place / "good").is_dir():
            return place
    raise InputError("the sample data are not installed", hint="reinstall rightful")


def lay_out(folder: Path | None) -> Demo:
    """Put the sample data into a new folder, a temporary one by default, and answer it with the story.

    Raises :class:`InputError` when the folder exists.
    """
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="rightful-demo-"))
    elif folder.exists():
        raise InputError("exists already", subject=str(folder), hint="name a new folder")
    shutil.copytree(sample_data(), folder / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    scenes = [
        {"says": scene.says, "commands": [{"command": command, "exit_code": code} for command, code in scene.commands]}
        for scene in STORY
    ]
    return Demo(folder=str(folder.resolve()), scenes=scenes)
