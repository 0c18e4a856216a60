"""``store.trace`` where steps of a training are asked about: from a step to records, from records to steps. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rightful.assets.described import EXPORT, Asset, read_assets, upstream
from rightful.errors import InputError, RightfulError
from rightful.query.tracing import ASSET
from rightful.query.versions import Version, chain, versions

if TYPE_CHECKING:
    from rightful.export.consumption.megatron import Batches
    from rightful.export.consumption.telling import Run
    from rightful.query.tracing.answer import Ground
    from rightful.query.tracing.graph import Graph

Keys = dict[str, Any]
Limit = int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What is asked of steps: which, and what says what a run was given at them. All None where nothing is."""

    step: str | None = None
    log: str | Path | None = None
    megatron_cache: str | Path | None = None
    global_batch_size: int | None = None
    micro_batch_size: int | None = None
    data_parallel_size: int | None = None
    split: str | None = None

    def __post_init__(self) -> None:
        if self.log is not None and self.megatron_cache is not None:
            raise InputError("one of the two says what a run was given", subject="--log, --megatron-cache")
        with_cache = (self.global_batch_size, self.micro_batch_size, self.data_parallel_size, self.split)
        if self.megatron_cache is None and any(option is not None for option in with_cache):
            raise InputError("is of --megatron-cache alone", subject="--global-batch-size, --micro-batch-size, --split")
        if self.megatron_cache is not None and self.global_batch_size is None:
            raise InputError(
                "needs the number of samples of a step",
                subject="--megatron-cache",
                hint="pass --global-batch-size as the run had it",
            )

    def batches(self) -> Batches:
        """How a run of Megatron's went through its samples."""
        from rightful.export.consumption.megatron import Batches

        return Batches(self.global_batch_size or 0, self.micro_batch_size, self.data_parallel_size)


def of_steps(ground: Ground, of: Version | Asset | None, asked: Steps, most: Limit) -> tuple[Keys, Graph]:
    """The records of steps: of an export or of an asset, by what is named or by the logs that are registered with the asset."""
    from rightful.export.consumption import telling
    from rightful.export.consumption.reading import spans
    from rightful.query.tracing.answer import NOTHING, begun, with_graph
    from rightful.query.tracing.forward import assets_of

    words = str(asked.step)
    among = spans(words)
    assets = read_assets(ground.ledger)
    runs = list(_named(ground, of, asked, assets))
    limit = telling.MOST_DOCUMENTS if most is None else None if isinstance(most, str) else most
    told = telling.of_steps(ground, runs, words, among, limit)
    made = {one["export"]: one["share"] for one in told["holding"]}
    return with_graph(begun(told["by"], words) | told | {"assets": assets_of(assets, made)}, NOTHING)


def seen(ground: Ground, asked: Steps, holding: Sequence[Mapping[str, Any]], vias: Sequence[str], most: Limit) -> Keys:
    """At which steps runs were given what is traced: the run that is named, else every asset with a log."""
    from rightful.export.consumption import telling

    limit = telling.MOST_RANGES if most is None else None if isinstance(most, str) else most
    if asked.log is not None or asked.megatron_cache is not None:
        run = _run(ground, asked, holding)
        row = telling.seen(ground, run, vias, limit, None)
        return {"seen": [] if row is None else [row]}
    rows, unreadable = [], []
    held = {str(one["export"]) for one in holding}
    for asset in read_assets(ground.ledger):
        for entry in asset.description.get("logs", ()):
            if held.isdisjoint(entry["exports"]):
                continue
            try:
                row = telling.seen(ground, registered(entry), vias, limit, (asset.asset, asset.name))
            except RightfulError as error:
                unreadable.append({"asset": asset.asset, "log": entry["path"], "reason": error.message})
            else:
                rows += [] if row is None else [row]
    return {"seen": rows, "logs_unreadable": unreadable}


def registered(entry: Mapping[str, Any]) -> Run:
    """The log that was registered with an asset. Raises :class:`InputError` where it is another by now, or gone."""
    from rightful.export.consumption.reading import Log
    from rightful.export.consumption.writing import digest_of

    if digest_of(Path(entry["path"])) != entry["sha256"]:
        raise InputError(
            "has another digest than it was registered with",
            subject=str(entry["path"]),
            hint="put it back, or register it again: rightful asset add NAME ... --log FOLDER",
        )
    return Log(entry["path"])


def logs_of(
    exports: Sequence[Mapping[str, Any]],
    inputs: Sequence[tuple[str, str]],
    assets: Sequence[Asset],
    folders: Sequence[str | Path],
) -> list[Keys]:
    """What is kept of the logs of a run with the asset that came of it: place, digest, exports, steps.

    ``exports``: those of the ledger; ``inputs``: ``(kind, id)`` of what the asset was made of.
    Raises :class:`InputError` for the log of a run on something else.
    """
    from rightful.export.consumption.reading import Log
    from rightful.export.consumption.writing import digest_of

    known = versions(exports)
    before = {one.export: one.supersedes for one in known}
    made_of = {i for kind, i in inputs if kind == EXPORT}
    for kind, i in inputs:
        made_of |= set(upstream(assets, i)[0]) if kind == ASSET else set()
    entries = []
    for folder in folders:
        place = Path(folder).resolve()
        log = Log(place)
        for export, digest in log.exports.items():
            one = next((v for v in known if v.export == export), None)
            later = {v.export for v in known if export in chain(v.export, before)}
            related = {export, *chain(export, before), *later}
            if one is None or made_of.isdisjoint(related):
                raise InputError(
                    f"is of a run on {export}, which is none of the inputs",
                    subject=str(folder),
                    hint=f"name it as well: --input {export}"
                    if one is not None
                    else "name the store of that export: --store DIR",
                )
            if digest != one.row["manifest_sha256"]:
                raise InputError(
                    f"is of a run on {export} with another manifest than was registered", subject=str(folder)
                )
        entries.append({"path": str(place), "sha256": digest_of(place), **log.as_json()})
    return entries


def _named(ground: Ground, of: Version | Asset | None, asked: Steps, assets: Sequence[Asset]) -> Iterator[Run]:
    """What says which documents steps were given."""
    from rightful.export.consumption.reading import Log

    if isinstance(of, Asset):
        if asked.log is not None or asked.megatron_cache is not None:
            raise InputError(
                "has logs of its own, or none", subject=of.name, hint="name the export with --log or --megatron-cache"
            )
        entries = of.description.get("logs", ())
        if not entries:
            raise InputError(
                "has no log, so nothing says what it was given at which step",
                subject=of.name,
                hint="register it: rightful asset add NAME ... --log FOLDER; or name the export with --log FOLDER",
            )
        yield from map(registered, entries)
    elif asked.megatron_cache is not None:
        if of is None:
            raise InputError("names no export", subject="--megatron-cache", hint="rightful trace EXPORT --step N ...")
        yield _cache(ground, asked, of)
    elif asked.log is not None:
        log = Log(asked.log)
        if of is not None:
            before = {one.export: one.supersedes for one in versions(ground.ledger.exports())}
            own = {of.export, *chain(of.export, before)}
            if own.isdisjoint(log.exports) and not any(of.export in chain(e, before) for e in log.exports):
                raise InputError(f"is of a run on {', '.join(log.exports)}, not on {of.export}", subject=str(asked.log))
        yield log
    else:
        raise InputError(
            "needs what a run wrote down of its steps",
            subject="--step",
            hint="pass --log FOLDER, or --megatron-cache DIR; a model that is registered with a log needs neither",
        )


def _run(ground: Ground, asked: Steps, holding: Sequence[Mapping[str, Any]]) -> Run:
    """The run that is named, where it is asked about records."""
    from rightful.export.consumption.megatron import FORMAT, paths_of
    from rightful.export.consumption.reading import Log

    if asked.log is not None:
        return Log(asked.log)
    held = {str(one["export"]) for one in holding if one["format"] == FORMAT}
    among = [one for one in versions(ground.ledger.exports()) if one.export in held]
    paths = paths_of(Path(str(asked.megatron_cache)), asked.split)
    read = {str(folder) for path in paths for folder in Path(path).parents}
    there = [one for one in among if one.path in read] or among
    if len({one.export for one in there}) != 1:
        named = ", ".join(one.export for one in there)
        raise InputError(
            f"may be of {named}" if there else "is of no export that holds it",
            subject=str(asked.megatron_cache),
            hint="ask for the records of a step: rightful trace EXPORT --step N --megatron-cache DIR",
        )
    return _cache(ground, asked, there[-1])


def _cache(ground: Ground, asked: Steps, of: Version) -> Run:
    from rightful.export.consumption.megatron import SPLITS, Cache
    from rightful.query.holding import index_file

    index = index_file(ground.layout, of)
    if index is None:
        raise InputError("nothing says what it holds: its index is gone", subject=of.export)
    return Cache(str(asked.megatron_cache), of, index, asked.batches(), asked.split or SPLITS[0])
