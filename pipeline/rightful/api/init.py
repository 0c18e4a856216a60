"""``store.init``: a first look at some data, drafts of what its cards could say, and what would follow. Floor 10: part of `api`.

Looking, asking, writing and previewing come in this order, so that whoever stops in a question has changed nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rightful.api.access import Access
from rightful.api.answers import Drafted
from rightful.api.preview import counts_unsigned, previewed, proposed
from rightful.api.questions import Ask, ask_all, sign
from rightful.api.stated import StatedOf
from rightful.decisions.named import all_named, presupposes_access, sign_options
from rightful.decisions.signing import WHO
from rightful.drafts.cards import (
    MOST_CARDS,
    STANDS,
    Draft,
    contradictions,
    governed,
    named_apart,
    outcome,
    quoted,
)
from rightful.drafts.looking import Data, look_at
from rightful.drafts.sampling import UNOPENED, Piece, chosen, found, sample
from rightful.drafts.stated import draft
from rightful.drafts.walking import Walked, walk
from rightful.errors import InputError
from rightful.ingest.plan import folder_above, read_card
from rightful.ingest.recognising import like_of
from rightful.notation.shell import typed
from rightful.query.steps import Step, Typing, to_confirm
from rightful.readers.tree import shown_name
from rightful.recipes.layout import Layouts, layouts
from rightful.rights.sources import CARD_NAME
from rightful.signals.cards.source_card import SourceCard, source_id

FEW = 3
"""So many cards are named to be edited."""
MOST_COMMANDS = 20


@dataclass(slots=True)
class _Root:
    """One path that was named: what lies there, the sample, and the cards that stand."""

    named: Path
    walked: Walked
    is_file: bool
    tree: Path
    data: dict[str, Data] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    cards: dict[str, SourceCard] = field(default_factory=dict)
    above: Path | None = None

    def card_folder(self, folder: str) -> Path:
        """Where the card of a folder lies, or would lie."""
        while folder and folder not in self.cards:
            folder = folder.rpartition("/")[0]
        if not folder and self.above is not None:
            return self.above.parent
        return self.walked.root / folder

    def cards_in(self) -> list[Path]:
        """The folders with a card: this root, or above it."""
        return [self.card_folder(folder) for folder in self.cards]

    @property
    def sampled(self) -> Path:
        """What an ingest of the sample is to read: its folder, or the one file."""
        only = next((piece.path for piece in self.pieces if piece.path is not None), None) if self.is_file else None
        return only or self.tree


@dataclass(slots=True)
class _State:
    """What is known while it runs."""

    roots: list[_Root]
    drafts: list[Draft] = field(default_factory=list)
    places: dict[Path, Path] = field(default_factory=dict)
    """Where a draft lies in the tree of the sample."""
    asked: list[dict[str, str]] = field(default_factory=list)
    chosen: str | None = None
    by: str = ""
    """Who answers for what was confirmed."""
    unsigned: str = ""
    """Why what was to be signed is not."""
    undrafted: int = 0
    """Folders that need a card beyond those that are drafted."""


def init(access: Access, paths: Sequence[Path], *, drafts: Path | None = None, ask: Ask | None = None) -> Drafted:
    """See :meth:`rightful.api.store.Store.init`."""
    if not paths:
        raise InputError(
            "nothing to look at", hint="name the files or folders that hold the data: rightful init PATH..."
        )
    began = time.monotonic()
    room = Path(tempfile.mkdtemp(prefix="rightful-init-"))
    try:
        state = _looked(access, list(dict.fromkeys(paths)), room)
        _draft(access, state, drafts)
        looked = _looked_at(state, time.monotonic() - began)
        trees = [root.sampled for root in state.roots if any(piece.path for piece in root.pieces)]
        uses = previewed(access, state.drafts, state.places, trees, room) if trees else []
        if ask is not None:
            answers = ask_all(access, state.drafts, uses, ask)
            if answers.sign is not None:
                state.unsigned = sign(access, answers.sign)
            if trees and (answers.drafts != state.drafts or answers.sign is not None):
                uses = previewed(access, answers.drafts, state.places, trees, room)
            state.drafts, state.asked = answers.drafts, answers.asked
            state.chosen, state.by = answers.chosen, answers.by
        outcomes = [_written(one, access) for one in state.drafts] + _standing(access, state)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    return Drafted(
        paths=[shown_name(str(p)) for p in paths],
        looked={**looked, "undrafted": state.undrafted},
        data=[data.as_json(access.catalog.names) for root in state.roots for data in root.data.values()],
        drafts=outcomes,
        uses=uses,
        questions=state.asked,
        next=_next(access, state, outcomes, uses, paths),
    )


# --- looking ---------------------------------------------------------------------------------------------------------


def _looked(access: Access, paths: Sequence[Path], room: Path) -> _State:
    """Walk, take a sample, read it."""
    names = access.catalog.names
    known = layouts(access.catalog, access.layout.layouts)
    roots = []
    for number, path in enumerate(paths):
        walked = walk(path, time.monotonic)
        root = _Root(path, walked, not path.is_dir(), room / f"sample-{number}")
        roots.append(root)
        root.pieces = sample(chosen(walked), root.tree)
        _cards(access, root, known)
        spoken = StatedOf(access.catalog, walked, [*root.cards_in()])
        for folder, listed in governed(walked, spoken.tops).items():
            data = root.data[folder] = Data(shown_name(str(walked.root / folder) if folder else str(walked.root)))
            data.files, data.bytes = len(listed), sum(file.size for file in listed)
            for file in listed:
                data.suffixes[file.path.suffix.lower()] += 1
            ours = {file.path for file in listed}
            pieces = [piece for piece in root.pieces if piece.of.path in ours]
            look_at(data, pieces, names)
            like = like_of([found(piece) for piece in pieces if piece.path is not None], known)
            data.layout = like.title if like is not None else ""
            data.layout_name = like.name if like is not None else ""
            looked = [piece.of.path for piece in pieces] or [listed[0].path]
            spoken.tell(data, folder, looked, _card_of(root, folder), root.card_folder(folder))
        spoken.lay(root.tree)
    return _State(roots)


def _cards(access: Access, root: _Root, known: Layouts) -> None:
    """The cards that stand below the root, and the one above that governs it. Raises :class:`InputError` for a wrong one."""
    for file in root.walked.files:
        if file.name == CARD_NAME:
            root.cards[file.folder] = read_card(file.path, access.catalog, layouts=known)
            _copy_card(file.path, root.tree / file.folder)
    own = root.walked.root / CARD_NAME
    if "" not in root.cards:
        folder = root.walked.root if root.is_file and own.is_file() else folder_above(root.walked.root)
        if folder is not None:
            root.above = folder / CARD_NAME
            root.cards[""] = read_card(root.above, access.catalog, layouts=known)
            _copy_card(root.above, root.tree)


def _copy_card(card: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(card, folder / CARD_NAME)


def _looked_at(state: _State, seconds: float) -> dict[str, Any]:
    """What the look reached: counts of what was listed and of what was read."""
    reasons = Counter[str]()
    for root in state.roots:
        reasons.update(root.walked.reasons)
    pieces = [piece for root in state.roots for piece in root.pieces if piece.path is not None]
    return {
        "listed": sum(len(root.walked.files) for root in state.roots),
        "whole": all(root.walked.whole for root in state.roots),
        "files": len(pieces),
        "records": sum(data.rows for root in state.roots for data in root.data.values()),
        "bytes": sum(piece.path.stat().st_size for piece in pieces if piece.path is not None and piece.path.exists()),
        "passed_over": [{"reason": reason, "paths": n} for reason, n in reasons.most_common()],
        "seconds": round(seconds, 3),
    }


# --- drafting --------------------------------------------------------------------------------------------------------


def _draft(access: Access, state: _State, to: Path | None) -> None:
    """The draft of every folder that no card governs."""
    names = access.catalog.names
    taken = {card.source_id for root in state.roots for card in root.cards.values()}
    for root in state.roots:
        bare = {folder: data for folder, data in root.data.items() if _card_of(root, folder) is None}
        named = named_apart(((folder, root.walked.root / folder) for folder in bare), taken)
        if root.is_file:
            named = {folder: root.named.name.partition(".")[0] or root.named.name for folder in bare}
        taken |= {source_id(name) for name in named.values()}
        state.undrafted += max(0, len(bare) - MOST_CARDS)
        for folder, data in list(bare.items())[:MOST_CARDS]:
            place = _top(root) / folder
            file = place / CARD_NAME
            if to is not None or (root.is_file and _beside_others(root)):
                file = (to or place) / f"{source_id(named[folder])}.{CARD_NAME}"
            state.drafts.append(draft(data, place, file, named[folder], names))
            state.places[file] = root.tree / folder / CARD_NAME


def _card_of(root: _Root, folder: str) -> SourceCard | None:
    """The card that governs a folder; None where none does."""
    while True:
        if folder in root.cards:
            return root.cards[folder]
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _beside_others(root: _Root) -> bool:
    """True where a card in the folder of a named file would govern other files as well."""
    try:
        return any(entry.is_file() and entry.name != root.named.name for entry in root.walked.root.iterdir())
    except OSError:
        return True


def _written(of: Draft, access: Access) -> dict[str, Any]:
    """Write a draft; where that cannot be, say why and hand out the text."""
    notes = [*([of.beside] if of.beside else []), *of.notes]
    return outcome(of, access.clock().date()) | {"notes": notes, "contradicts": []}


def _standing(access: Access, state: _State) -> list[dict[str, Any]]:
    """The cards that stand, each with its own guesses and where it says otherwise than what was seen."""
    listed: list[dict[str, Any]] = []
    for root in state.roots:
        for folder, card in root.cards.items():
            file = root.above if root.above is not None and not folder else _top(root) / folder / CARD_NAME
            under = [data for name, data in root.data.items() if _card_of(root, name) is card]
            against = [entry for data in under for entry in contradictions(card, data, access.catalog.names)]
            listed.append(
                {
                    "file": shown_name(str(file)),
                    "folder": shown_name(str(root.walked.root / folder)),
                    "written": False,
                    "reason": STANDS,
                    "guesses": [
                        {
                            **(one := guess.as_json()),
                            "why": "in the card",
                            "line": f"{one['key']} = {quoted(one['value'])}",
                        }
                        for guess in card.guesses
                    ],
                    "notes": [],
                    "contradicts": against,
                    "text": None,
                }
            )
    return listed


# --- what is next ----------------------------------------------------------------------------------------------------


def _next(
    access: Access,
    state: _State,
    outcomes: Sequence[Mapping[str, Any]],
    uses: Sequence[Mapping[str, Any]],
    paths: Sequence[Path],
) -> list[dict[str, str | None]]:
    """What to do next, in order: confirm, take in, sign, export."""
    words, typing = access.catalog.vocabulary, access.typing
    steps = _to_confirm(outcomes, paths)
    unwritten = [of for of in outcomes if of["text"] is not None and not of["written"]]
    if unwritten:
        text = f"have the drafts written elsewhere ({unwritten[0]['reason']})"
        steps.append(Step(text, typing("init", *map(_shown, paths), more="--drafts drafts")))
    if not any(piece.path for root in state.roots for piece in root.pieces):
        if any(piece.unread == UNOPENED for root in state.roots for piece in root.pieces):
            steps += _to_take_in(state, paths, typing)
        else:
            steps.append(Step("see which kinds of files are read", typing("ingest", options=["--help"])))
        return [step.as_json() for step in steps]
    steps += _to_take_in(state, paths, typing)
    name = state.chosen or proposed(uses)
    named = next((one for one in all_named(access.layout.uses, words) if one.name == name), None)
    if named is None:
        text = "see what is permitted, and why the rest is not"
        steps.append(Step(text, typing("query", options=("--policy", "research-internal"))))
        return [step.as_json() for step in steps]
    if not counts_unsigned(named):
        text = f"sign what it rests on: {', '.join(named.statutes)}"
        text += f" (it is not signed: {state.unsigned})" if state.unsigned else ""
        access_is_due = presupposes_access(named.data, words)
        options = sign_options(access=access_is_due, by=state.by or WHO)
        steps.append(Step(text, typing("policy sign", named.name, options=options)))
    trains = any(str(act).startswith("train") for act in named.data["use"])
    form = () if trains else ("--format", "text")
    options = [*form, "--policy", named.name]
    steps.append(Step("export what is permitted", typing("export", "shards" if trains else "dataset", options=options)))
    return [step.as_json() for step in steps]


def _to_confirm(outcomes: Sequence[Mapping[str, Any]], paths: Sequence[Path]) -> list[Step]:
    """The lines that are guesses, as they stand once they are confirmed; of many cards where the guesses are."""
    guessing = [of for of in outcomes if of["guesses"] and (of["written"] or of["text"] is None)]
    if len(guessing) > FEW:
        line = typed(["grep", "-rn", "TODO confirm", "--include=*source.toml", *map(_shown, paths)])
        return [Step("confirm what is right: delete `TODO confirm: ` in the lines that this lists", line)]
    return [to_confirm(of) for of in guessing]


def _to_take_in(state: _State, paths: Sequence[Path], typing: Typing) -> list[Step]:
    """One command for all; where cards lie elsewhere, one for each of them."""
    apart = [one for one in state.drafts if one.file.name != CARD_NAME]
    if not apart:
        return [Step("take it in", typing("ingest", *map(_shown, paths)))]
    steps = []
    for one in apart[:MOST_COMMANDS]:
        root = next(root for root in state.roots if one.folder.is_relative_to(_top(root)))
        what = root.named if root.is_file else one.folder
        steps.append(
            Step(f"take in {one.name}", typing("ingest", _shown(what), options=("--source", _shown(one.file))))
        )
    rest = [root.named for root in state.roots if not any(one.folder.is_relative_to(_top(root)) for one in apart)]
    return steps + ([Step("take in the rest", typing("ingest", *map(_shown, rest)))] if rest else [])


def _shown(path: Path) -> str:
    """A path as a word of a command. A byte that is not UTF-8 cannot be typed: it is shown as ``\\xNN``."""
    return os.fsencode(str(path)).decode("utf-8", "backslashreplace")


def _top(root: _Root) -> Path:
    """The folder of what was named, as it was typed."""
    return root.named.parent if root.is_file else root.named
