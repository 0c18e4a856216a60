"""The store: every command that has no group is a method, every group an attribute. Floor 10: part of `api`.

>>> store = Store("corpus-store")                                          # doctest: +SKIP
>>> store.ingest(["mail/"]).added                                          # doctest: +SKIP
>>> store.query(use="train.pretrain", accept=["attribution", "notice"])    # doctest: +SKIP

A method loads what it needs when it is called, so that ``Store`` itself is there at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from rightful.api.access import Access, Clock, use_options, worker_count
from rightful.api.answer import Rows
from rightful.api.answers import (
    AllVerified,
    Attested,
    Demo,
    Drafted,
    Explained,
    Exported,
    Health,
    Ingested,
    Meaning,
    Permitted,
    Proof,
    Rebased,
    Recipe,
    Recipes,
    Schema,
    Signed,
    Similar,
    Statistics,
    Status,
    Tagged,
    Terms,
    Upgraded,
    Verified,
    Words,
)
from rightful.api.compaction import Compacted
from rightful.api.redacted import EventRedacted, Redacted
from rightful.api.typed import typed
from rightful.api.upkeep import Copied
from rightful.errors import InputError, Refused, StoreError
from rightful.export import REBASED, SHARD_BYTES, SHARD_TOKENS
from rightful.query import DRILLED, FOUND, MATCHES, MAX_SECONDS, NEAR
from rightful.query.versions import REWRITE
from rightful.store.layout import Layout

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH

    from rightful.api.asset import Assets
    from rightful.api.consent import Consent
    from rightful.api.drill import Drilled
    from rightful.api.evidence import Evidences
    from rightful.api.find import Found
    from rightful.api.layout import CorpusLayouts
    from rightful.api.license import Licenses
    from rightful.api.permitted import Handed
    from rightful.api.policy import StorePolicy
    from rightful.api.questions import Ask
    from rightful.api.review import Reviews
    from rightful.api.signal import Signals
    from rightful.api.source import Sources
    from rightful.api.trace import Traced
    from rightful.export.making import Progress as ExportProgress
    from rightful.ingest.retag import Progress as TagProgress
    from rightful.ingest.run import Progress as IngestProgress
    from rightful.rights.licenses import Catalog
    from rightful.store.copying import Progress as CopyProgress


def utc_now() -> datetime:
    """The clock of the library, in UTC."""
    return datetime.now(UTC)


@typed
class Store:
    """A store in a folder. It is made by the first ingest; every other verb that reads records needs it to be there.

    ``clock`` gives the present instant; times are decided against it and written to the ledger alone. Results are read
    by attribute or by key, and ``as_json()`` is what the command answers with ``--json``. Errors are those of
    :mod:`rightful.errors`; each says what was expected, what came and what to do.

    Where a verb writes, ``yes`` says that the clock is right although it is over 400 days after the newest snapshot.
    ``workers`` is a number of processes, 1 by default.
    ``snapshot`` is the number of an older snapshot, and ``where`` a condition on the columns of a record, in SQL.
    """

    def __init__(self, root: str | Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._root = Path(root)
        self._absolute = self._root.absolute()
        self._clock = Clock(clock)

    def __repr__(self) -> str:
        return f"Store({str(self.layout.root)!r})"

    @property
    def _access(self) -> Access:
        """The store by the name that it was given, or its whole path where this process went to another folder since."""
        try:
            stays = self._root.absolute() == self._absolute
        except FileNotFoundError:  # the folder is gone
            stays = False
        return Access(Layout(self._root if stays else self._absolute), self._clock)

    @property
    def layout(self) -> Layout:
        """Where the files of the store lie."""
        return self._access.layout

    @property
    def clock(self) -> Callable[[], datetime]:
        """What gives the present instant."""
        return self._access.clock

    @property
    def catalog(self) -> Catalog:
        """The vocabulary and the licences."""
        return self._access.catalog

    @property
    def asset(self) -> Assets:
        """Tokenizers, indexes and models: ``add``, ``check``, ``show``, ``list``, ``card``."""
        from rightful.api.asset import Assets

        return Assets(self._access)

    @property
    def consent(self) -> Consent:
        """What people gave, refused and withdrew: ``add``, ``withdraw``, ``import_``, ``list``."""
        from rightful.api.consent import Consent

        return Consent(self._access)

    @property
    def layouts(self) -> CorpusLayouts:
        """The layouts that corpora come in: ``list``, ``show`` (the commands of ``rightful layout``)."""
        from rightful.api.layout import CorpusLayouts

        return CorpusLayouts(self._access)

    @property
    def license(self) -> Licenses:
        """The licence catalogue: ``list``, ``show``, ``check``, ``why``."""
        from rightful.api.license import Licenses

        return Licenses(self._access)

    @property
    def policy(self) -> StorePolicy:
        """The standing policy: ``show``, ``sign``."""
        from rightful.api.policy import StorePolicy

        return StorePolicy(self._access)

    @property
    def review(self) -> Reviews:
        """Near copies that wait for somebody to decide: ``list``, ``decide``, ``log``."""
        from rightful.api.review import Reviews

        return Reviews(self._access)

    @property
    def evidence(self) -> Evidences:
        """What is stated of data before an ingest: ``scan``."""
        from rightful.api.evidence import Evidences

        return Evidences(self._access)

    @property
    def signal(self) -> Signals:
        """What signals say, what is stated at hosts and pages, and where nobody looked: ``check``, ``refresh``, ``wanted``."""
        from rightful.api.signal import Signals

        return Signals(self._access)

    @property
    def source(self) -> Sources:
        """What came from where, under which card: ``list``, ``show``."""
        from rightful.api.source import Sources

        return Sources(self._access)

    def init(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        yes: bool = False,
        drafts: str | Path | None = None,
        ask: Ask | None = None,
    ) -> Drafted:
        """Look at some of the data, draft ``source.toml`` for the folders that have none, and show what would follow.

        paths         files or folders; some files of each folder and kind are looked at, and of each the first records
        yes           ask nothing, whatever ``ask`` is
        drafts        a folder for the drafts, where they are not to lie with the data
        ask           called with each question (at most six), returns the answer; without it nothing is asked

        Every guess in a draft is marked ``TODO confirm: `` and permits nothing until the words are deleted. A card that
        is there stands. Nothing is taken in: the preview is a store of its own, which is wiped. Raises
        :class:`InputError` for a path that is not there and for a card that is wrong.

        >>> Store("corpus-store").init("corpus/").next  # doctest: +SKIP
        """
        from rightful.api.init import init

        listed = [paths] if isinstance(paths, str | Path) else paths
        folder = Path(drafts) if drafts is not None else None
        return init(self._access, [Path(p) for p in listed], drafts=folder, ask=None if yes else ask)

    def ingest(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        source: str | Path | None = None,
        recipe: str | Path | None = None,
        format: str | None = None,
        include: str | Iterable[str] | None = None,
        exclude: str | Iterable[str] | None = None,
        layout: str | Path | None = None,
        revision: str | None = None,
        limit: Mapping[str, int] | None = None,
        workers: int | None = None,
        prune: bool = False,
        rehash: bool = False,
        yes: bool = False,
        text_field: str | None = None,
        id_field: str | None = None,
        url_field: str | None = None,
        license_field: str | None = None,
        language_field: str | None = None,
        title_field: str | None = None,
        author_field: str | None = None,
        subject_field: str | None = None,
        date_field: str | None = None,
        fetched_field: str | None = None,
        parents_field: str | None = None,
        messages_field: str | None = None,
        media_field: str | None = None,
        media_sha256_field: str | None = None,
        keep: str | Iterable[str] | None = None,
        progress: IngestProgress | None = None,
    ) -> Ingested:
        """Read files or folders into the store. Re-running it is a no-op.

        paths         files or folders; a folder's ``source.toml`` is the card of all below it
        source        a card for all paths instead
        recipe        the settings of the stages: a file (TOML), the name of one (:meth:`recipe` lists them)
        format        ``jsonl``, ``parquet``, ``text``, ...; by default it is recognised by content and name
        include       only files that one of these patterns means, such as ``**/*.md`` or ``docs/**``: those of ``.gitignore``,
                      relative to each path; what lies in archives too
        exclude       none that one of these means; it wins. What is left out stands in the store as it was
        layout        the layout of the corpus, where no card names it: what it states of the rights of all paths counts as
                      if a card said so. A name (:attr:`layouts` lists them) or a file (TOML)
        revision      a branch, tag or commit: of each path, which is a git repository or its working tree, the files as they
                      are there, and nothing that is not committed
        limit         how much is read: ``value_bytes`` (one value), ``row_group_bytes``, ``expansion`` (times the size of
                      a file), ``members`` of an archive, ``depth`` of archives within archives, where they are to be
                      others than the recipe's
        prune         retire the records of files that are gone from a folder that is named; where a source would lose
                      all its files, with ``yes`` as well
        rehash        look at the content of every file, whatever its size and times say
        text_field    the column that holds the text, where it is none of the usual names; dots lead into objects.
                      Likewise ``id_field``, ``url_field``, ...
        keep          columns that are kept beside the text, though nothing is read from them, or ``all`` of these
        progress      called with (bytes done, bytes in all, records so far)

        Records that are gone from a file that is read again are retired. The answer's counts add up: ``read = added +
        unchanged + refused + rejected``. Raises :class:`InputError`; then nothing changed.

        >>> Store("corpus-store").ingest(["mail/", "wiki/"], workers=2).added  # doctest: +SKIP
        """
        stated = dict(locals())
        listed = [paths] if isinstance(paths, str | Path) else list(paths)
        from rightful.ingest.soon import warm_workers

        with warm_workers(worker_count(workers), listed, self.layout.ledger) as warm:  # before what takes long to load
            from rightful.api import onward
            from rightful.decisions.policy import strings
            from rightful.export.place import exports_left, sweep_exports
            from rightful.ingest import plan as planning
            from rightful.ingest import run as ingesting
            from rightful.readers.limits import with_changes
            from rightful.readers.wanted import wanted
            from rightful.recipes import recipe as recipes
            from rightful.recipes.layout import layouts
            from rightful.rights.columns import kept_names

            fields = {
                "text": text_field,
                "id": id_field,
                "url": url_field,
                "license": license_field,
                "language": language_field,
                "title": title_field,
                "author": author_field,
                "subject": subject_field,
                "date": date_field,
                "fetched": fetched_field,
                "parents": parents_field,
                "messages": messages_field,
                "media": media_field,
                "media_sha256": media_sha256_field,
                "keep": kept_names(keep if keep is None else strings(keep)),
            }
            settings = recipes.load(recipe or None, fields)
            settings = replace(settings, limits=with_changes(settings.limits, limit or {}))
            card = Path(source) if source else None
            globs = wanted(include, exclude)
            known = layouts(self.catalog, self.layout.layouts, layout or None)
            plan = planning.plan(
                [Path(p) for p in listed],
                settings,
                self.catalog,
                card=card,
                format=format,
                wanted=globs,
                layouts=known,
                revision=revision,
            )
            choices = ingesting.Choices(prune=prune, rehash=rehash, yes=yes)
            if exports_left(self.layout):
                with self._access.ledger() as ledger:
                    sweep_exports(self.layout, ledger)
            done = ingesting.ingest(
                self.layout,
                plan,
                clock=self.clock,
                choices=choices,
                workers=worker_count(workers),
                progress=progress,
                warm=warm,
            )
            answer = done.as_json()
            return Ingested(**answer, next=onward.after_ingest(self._access, plan, answer, self.ingest, stated))

    def tag(
        self,
        *,
        recipe: str | Path | None = None,
        where: str | None = None,
        passages: bool = False,
        workers: int | None = None,
        yes: bool = False,
        progress: TagProgress | None = None,
    ) -> Tagged:
        """Run again the stages whose settings changed, on what is stored. Texts stay as they are; a new snapshot.

        ``recipe`` is a file, the name of one, or ``default``; without it each record keeps its own, and what runs again
        are stages of which there is a newer version. ``passages``: index the passages of texts that have no index, for
        :meth:`find`, and do nothing else. Raises :class:`InputError`; then nothing changed.
        """
        from rightful.export.place import sweep_exports
        from rightful.ingest import retag
        from rightful.ingest.retag import indexing
        from rightful.recipes import recipe as recipes

        if passages and (recipe or where):
            raise InputError(
                "--passages indexes every text, and does nothing else", hint="leave --recipe and --where out"
            )
        settings = recipes.load(recipe) if recipe else None
        with self._access.ledger(yes=yes) as ledger:
            now = ledger.not_before(self.clock())
            sweep_exports(self.layout, ledger)
            if passages:
                return Tagged(**indexing.indexed(self.layout, ledger, now, worker_count(workers), progress))
            done = retag.tag(
                self.layout, ledger, settings, now, where=where, workers=worker_count(workers), progress=progress
            )
        return Tagged(**done.as_json())

    def query(
        self,
        use: str | Iterable[str] | None = None,
        *,
        purpose: str | None = None,
        application: str | None = None,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        accept: str | Iterable[str] | None = None,
        profile: str | None = None,
        as_of: datetime | str | None = None,
        policy: str | None = None,
        where: str | None = None,
        dedup: str = "near",
        prefer: str | Iterable[str] | None = None,
        snapshot: int | None = None,
        redact: str | Iterable[str] | None = None,
        ids: bool = False,
        out: str | Path | None = None,
        limit: int | None = None,
    ) -> Permitted:
        """Which records a use permits, and why the others are excluded. Nothing is changed.

        What it is about. :meth:`uses` lists the words; every default is the strictest, and what is left out is taken
        from the store's policy where that says it:

        use           an act or a parent of acts, or several: ``"train.pretrain"``, ``["train", "share"]``; needed
        purpose       ``commercial`` (the default), ``research`` or ``noncommercial``
        application   what the trained thing is for, such as ``translation``; none by default
        actor         who does it: ``for_profit`` (the default), ``research_org`` or ``public``
        jurisdiction  two-letter country codes, where it is done; everywhere by default
        accept        obligations that will be met, parents of some, or ``all``; a precondition with a reference,
                      ``payment:LICENCE-OR-PARTY=REFERENCE``
        profile       the reading of licences (``--reading``): ``strict`` (the default), ``cc-guidance`` or ``lenient``
        as_of         the instant to decide for: a datetime with a zone, or text such as ``2026-11-21``; now by default
        policy        the name of a named use, which is all of this at once: ``rightful policy list`` has them. What it says
                      and an option, or the store's policy, says otherwise is an error

        Of which records:

        where         a condition on their columns, such as ``"language = 'en'"``
        dedup         one of each group of copies stays, of ``near`` ones (the default), ``exact`` ones, or ``none``
        prefer        which copy stays: ``source:NAME``, ``publisher``, ``longest``, ``shortest``, ``earliest``, ``latest``,
                      in the order in which they count
        snapshot      the number of an older snapshot; the newest by default
        redact        types of personal data, such as ``email`` or ``all``: decided as for an export that takes them out

        In which form:

        ids           True lists the permitted record ids
        out           write ids and tags, never texts, to this new .parquet, .jsonl or .csv file
        limit         at most this many ids or rows

        Raises :class:`InputError` for a request that is not one, :class:`UnknownName` for a word that is not known,
        :class:`StoreError` where there is no store.

        >>> answer = Store("corpus-store").query("train.pretrain", accept=["attribution"])  # doctest: +SKIP
        >>> answer.permitted                                                                # doctest: +SKIP
        {'records': 1204, 'chars': 3817204}
        """
        from rightful.api import onward
        from rightful.decisions.policy import strings
        from rightful.query.select import Selection

        stated = dict(locals())
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        with self._access.decided(options, snapshot) as (decided, request, standing):
            if limit is not None and limit < 0:
                raise InputError(f"--limit {limit} is negative")
            request = self._access.redacted(request, redact)
            ask = self._access.asking(standing, options, request.as_of, redact)
            selection = Selection(decided, request, where=where, dedup=dedup, prefer=strings(prefer), ask=ask)
            answer = selection.answer(ids=ids, limit=limit)
            answer.policy = standing.as_json(request.as_of)
            written = None if out is None else {"path": str(out), "records": selection.write(Path(out), limit)}
            steps = onward.after_query(self._access, selection, answer.as_json(), onward.request(self.query, stated))
            return Permitted(**answer.as_json(), next=steps, out=written)

    def export(
        self,
        out: str | Path,
        use: str | Iterable[str] | None = None,
        *,
        purpose: str | None = None,
        application: str | None = None,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        accept: str | Iterable[str] | None = None,
        profile: str | None = None,
        as_of: datetime | str | None = None,
        policy: str | None = None,
        format: str = "parquet",
        tokenizer: str | None = None,
        train_sample: str | int | float | None = None,
        eod: str | None = None,
        tokenizer_backend: str = "auto",
        on_unencodable: str = "error",
        raw: bool = False,
        raw_as: str | None = None,
        text_as: str | None = None,
        where: str | None = None,
        dedup: str = "near",
        prefer: str | Iterable[str] | None = None,
        shard_tokens: int = SHARD_TOKENS,
        shard_bytes: int = SHARD_BYTES,
        seq_len: int | None = None,
        pack: str = "none",
        truncate: bool = False,
        holders: str | None = None,
        seed: int | None = None,
        split: str | None = None,
        split_by: str | None = None,
        ladder: str | None = None,
        mix: str | Path | Mapping[str, Any] | None = None,
        mix_temperature: float | None = None,
        epochs: float | None = None,
        limit_tokens: int | None = None,
        ids: str | Path | None = None,
        sample: str | int | float | None = None,
        redact: str | Iterable[str] | None = None,
        redact_with: str | None = None,
        workers: int | None = None,
        snapshot: int | None = None,
        yes: bool = False,
        progress: ExportProgress | None = None,
        show: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> Exported:
        """Shards of tokens or texts that hold only permitted records, with the proof beside them. Answers the manifest.

        The use and the records are named as in :meth:`query`; beside them:

        out                a folder that is new or empty
        format             the shard format: ``parquet``, ``megatron``, ``mds`` (of mosaicml-streaming) or ``bin`` (of llm.c)
                           with tokens, ``text`` with the texts themselves
        tokenizer          a tokenizer.json, ``train:N`` (one of N entries, trained on the permitted texts) or ``bytes``,
                           the default; or a name, such as ``gpt2``, of one that lies in ``STORE/tokenizers`` or in the
                           Hugging Face cache, for nothing is downloaded. Not with ``text``
        train_sample       of ``train:N``: a share (0.1) or a number (1000) of the records that may train a tokenizer, drawn by
                           a digest of their ids; the manifest states it
        eod                the end-of-document token of a tokenizer file
        tokenizer_backend  what applies a tokenizer file: ``auto`` or a name; the ids are the same
        on_unencodable     what happens where the tokenizer has no way to write a character: ``error``, or ``count``, which
                           leaves it out and states it as ``lost``, in the manifest and for each record in the index
        raw                ``bin`` without a header: ids and nothing else
        raw_as             what a file without a header is called: ``bin`` (the default) as in nanoGPT, ``npy`` as in OLMo-core
        text_as            how ``text`` is written: ``parquet`` (the default) or ``jsonl``
        shard_tokens       tokens that a shard holds at most
        shard_bytes        bytes that the rows of a shard of ``text`` hold at most
        seq_len            tokens that a row has at most; longer documents are cut into several and lose nothing
        pack               how documents share rows of ``seq_len``: ``none``, ``concat`` (one after another, cut wherever a row
                           is full) or ``best-fit`` (whole whatever fits); what is left of a row is padding
        truncate           leave out what a document has beyond ``seq_len``
        holders            keep the documents of a rights holder together: ``source``, ``subject`` or ``domain``
        split              ``train=.98,validation=.01,test=.01``: shards lie in ``data/NAME/``. No text has copies, or near
                           copies, in two splits, and records that are added move nothing
        split_by           ``group`` (the default), ``published_at`` (shares of time, or
                           ``train=..2024-06-30,test=2024-07-01..``) or ``source`` (shares of the sources, or
                           ``train=a+b,test=c``)
        ladder             ``0.01,0.1,1``: nested subsets of the same mixture, whose shards lie in ``rung-SHARE/`` one after the
                           other; with splits of the first of them, or of ``train``
        seed               shuffles the documents; by default they are in the order of the store, and those of a mixture are
                           shuffled by 0
        mix                a mixture of sources by their shares of the tokens, ``"web=0.7,mail=0.3"`` or a mapping; or a TOML
                           file, or a mapping of its form, with parts by source, language, license, domain or where
        mix_temperature    makes shares of sizes where the parts of the mixture have none: size to the power of 1/T
        epochs             how often a record of the mixture may be drawn at most; 1 by default
        limit_tokens       tokens that there are to be at most, in whole documents; the size of a mixture. Of ``text``:
                           characters
        ids                a file of record ids, one on each line or as :meth:`query` writes them: no other records
        sample             a share of the records (``0.1``) or a number of them (``1000``): by the seed, a smaller sample inside
                           a larger one
        redact             types of personal data (``email``, a group such as ``contact``, or ``all``) that are taken out of
                           the texts as they leave: what is owed where a scan found personal data
        redact_with        what is put in their place; ``[{type}]`` by default
        progress           called with (step, done, in all)
        show               called with the plan of a mixture, as the manifest has it, before a shard is written

        Raises :class:`Refused` when nothing is permitted or a mixture cannot be drawn, :class:`InputError` when ``out``
        is taken or a text cannot be written; then there is no export.

        >>> store.export("out/", "train.pretrain", accept="attribution", tokenizer="train:8192")  # doctest: +SKIP
        """
        from rightful.api import onward
        from rightful.decisions.policy import strings
        from rightful.export.order import Order
        from rightful.export.run import export as run_export
        from rightful.rights.uses import redacting

        stated = {**locals(), "mix": None if isinstance(mix, Mapping) else mix}  # no option can say a mapping
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        order = Order(
            out=Path(out),
            format=format,
            tokenizer=tokenizer,
            eod=eod,
            backend=tokenizer_backend,
            on_unencodable=on_unencodable,
            raw=raw,
            raw_as=raw_as,
            train_sample=train_sample,
            text_as=text_as,
            where=where,
            dedup=dedup,
            prefer=strings(prefer),
            shard_tokens=shard_tokens,
            shard_bytes=shard_bytes,
            seq_len=seq_len,
            pack=pack,
            truncate=truncate,
            holders=holders,
            seed=seed,
            split=split,
            split_by=split_by,
            ladder=ladder,
            workers=worker_count(workers),
            snapshot=snapshot,
            redaction=self._access.redaction(redact, redact_with),
            mix=mix,
            mix_temperature=mix_temperature,
            epochs=epochs,
            limit_tokens=limit_tokens,
            ids=None if ids is None else Path(ids),
            sample=sample,
        )
        try:
            with self._access.ledger(yes=yes) as ledger:
                now = ledger.not_before(self.clock())
                ledger.moment(now)  # before the work
                standing = self._access.policy(options.policy)
                request = self._access.request(ledger, standing, options, now)
                today = self._access.request(ledger, standing, replace(options, as_of=None), now)
                if order.redaction is not None:
                    request, today = (redacting(one, order.redaction.types) for one in (request, today))
                applied = standing.as_json(request.as_of)
                manifest = run_export(
                    self.layout,
                    ledger,
                    self.catalog,
                    request,
                    order,
                    now,
                    policy=applied,
                    today=today,
                    progress=progress,
                    show=show,
                )
        except Refused as error:
            raise onward.refused(error, self._access, self.export, stated, options) from None
        return Exported(**manifest)

    def permitted(
        self,
        use: str | Iterable[str] | None = None,
        *,
        purpose: str | None = None,
        application: str | None = None,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        accept: str | Iterable[str] | None = None,
        profile: str | None = None,
        as_of: datetime | str | None = None,
        policy: str | None = None,
        where: str | None = None,
        dedup: str = "near",
        prefer: str | Iterable[str] | None = None,
        snapshot: int | None = None,
        redact: str | Iterable[str] | None = None,
        redact_with: str | None = None,
        limit: int | None = None,
        text: bool = False,
        to: str | None = None,
        workers: int | None = None,
        yes: bool = False,
    ) -> Handed:
        """The permitted records, to go on with in another library: Arrow, DuckDB, polars, pandas, Hugging Face ``datasets``.

        The use and the records are named as in :meth:`query`; beside them:

        text         the texts themselves, in the columns of an export of texts. They leave as an export of the format
                     ``memory``: the store knows that you have them, so that ``trace``, ``verify`` and a withdrawal name it
        to           who or what takes the texts, such as ``"notebook of the evaluation team"``: what a withdrawal then says
        redact_with  what is put in the place of personal data that ``redact`` takes out of texts
        limit        at most this many rows of ids and tags; texts are narrowed with ``where``

        Without ``text`` nothing is changed, and personal data is taken out of nothing, for there are no texts. Raises
        :class:`Refused` where texts are asked for and nothing is permitted, and else as :meth:`query` and :meth:`export`.

        >>> store.permitted("train.pretrain", accept="attribution", text=True).to_polars()  # doctest: +SKIP
        """
        from rightful.api import handing

        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        wanted = handing.Wanted(
            options, where=where, dedup=dedup, prefer=prefer, snapshot=snapshot, redact=redact, redact_with=redact_with
        )
        if text:
            if limit is not None:
                hint = "narrow them with where, or leave text out"
                raise InputError("is for ids and tags, and text was asked for", subject="limit", hint=hint)
            return handing.texts(self._access, wanted, to, worker_count(workers), yes)
        for name, given in (("to", to is not None), ("redact_with", redact_with is not None)):
            if given:
                raise InputError(
                    "is for texts, and there are none", subject=name, hint="pass text=True, or leave it out"
                )
        return handing.tags(self._access, wanted, limit)

    def explain(
        self,
        record: str,
        use: str | Iterable[str] | None = None,
        *,
        purpose: str | None = None,
        application: str | None = None,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        accept: str | Iterable[str] | None = None,
        profile: str | None = None,
        as_of: datetime | str | None = None,
        policy: str | None = None,
        snapshot: int | None = None,
        redact: str | Iterable[str] | None = None,
    ) -> Explained:
        """The decision on one record, the evidence that determined it, and what would change it.

        ``record`` is an id, its first 8 letters or more, the source's own id, or an address; the use is named as in
        :meth:`query`, and so is ``redact``. Raises :class:`StoreError` where no record, or more than one, has that name.

        >>> store.explain("3c2911a2", "train.nongen", application="translation").decision  # doctest: +SKIP
        'deny'
        """
        from rightful.api import onward
        from rightful.query.explain import explain, find_record

        stated = dict(locals())
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        with self._access.decided(options, snapshot) as (decided, request, standing):
            request = self._access.redacted(request, redact)
            decided.join(decided.decide(request))
            ask = self._access.asking(standing, options, request.as_of, redact)
            asked = onward.request(self.explain, stated)
            try:
                known = find_record(decided.con, record)
            except StoreError as error:
                raise onward.counts_no_more(error, self._access, decided, record, asked) from None
            answer = explain(decided, request, known, ask)
            steps = onward.after_explain(self._access, decided, answer, asked)
            return Explained(**answer, policy=standing.as_json(request.as_of), next=steps)

    def rebase(
        self,
        export: str | Path,
        *,
        catalog: str | Path | None = None,
        policy: str | None = None,
        as_of: datetime | str | None = None,
        limit: int = REBASED,
    ) -> Rebased:
        """What an export (its id or folder) held, decided under another law: which decisions flip, by reason and clause.

        Records of the export that would be refused, and those that were refused when it was made and would be permitted, as
        the store has them now. It is a question: nothing is written, and nothing leaves by it.

        catalog   a catalogue (a folder), readings of one's own in place of the store's (a folder), or one reading more (a
                  file); readings count as if they were signed
        policy    a named use, or the file of another policy: what it leaves open is taken from the export, but it says itself
                  what is accepted
        as_of     the instant to decide for; now by default
        limit     at most this many flips are listed; all of them are counted

        Its folder need not be there. Raises :class:`InputError` where nothing says what it held.

        >>> store.rebase("out/", catalog="reading.toml").flipped  # doctest: +SKIP
        """
        from rightful.api import reading

        return reading.rebase(self._access, export, catalog, policy, as_of, limit)

    def drill(
        self,
        *,
        records: int = DRILLED,
        export: str | Path | None = None,
        level: str = REWRITE,
        seed: int = 0,
    ) -> Drilled:
        """How long it takes from a withdrawal to repaired shards: tried in a copy of the ledger, on copies of exports.

        records  so many of the exported records are withdrawn, drawn by chance
        export   only of this export, by its id or folder
        level    how the copies are repaired, as :meth:`redact` does it
        seed     another one draws other records

        Store and exports stay as they are. Raises :class:`InputError` where no export lies where it was made.

        >>> store.drill(records=100).seconds["total"]  # doctest: +SKIP
        """
        from rightful.api import drill

        return drill.drill(self._access, lambda root: Store(root, clock=self.clock), records, export, level, seed)

    def trace(
        self,
        what: str | Path | None = None,
        *,
        event: str | None = None,
        source: str | None = None,
        author: str | None = None,
        subject: str | None = None,
        all_stale: bool = False,
        format: str | None = None,
        out: str | Path | None = None,
        limit: int | str | None = None,
        step: int | str | None = None,
        log: str | Path | None = None,
        megatron_cache: str | Path | None = None,
        global_batch_size: int | None = None,
        micro_batch_size: int | None = None,
        data_parallel_size: int | None = None,
        split: str | None = None,
    ) -> Traced:
        """Where records went: shards with first token and length, exports, and what was made of these.

        what       a record, an event, an export (its id or folder) or an asset; of the last two it goes both ways
        event      what a consent event matched, with all exact copies
        source     all records of a source; ``author`` and ``subject``: of a person
        all_stale  all that exports hold and that is permitted no more for their uses
        format     ``dot`` or ``svg`` for a picture, which is written to ``out`` or answered as ``picture``
        limit      at most this many places are listed; all of them are counted. ``"none"``: also every span of steps
        step       of an export or a model: the records that it was given at steps, ``"1200-1210"``
        log        the folder with the consumption log of a run. With a record or an event: the steps that were given it

        For a run that used Megatron's own loader ``megatron_cache`` is the folder of its index arrays, with the run's
        ``global_batch_size`` and, to tell ranks, ``micro_batch_size`` and ``data_parallel_size``; ``split`` is ``train``,
        ``valid`` or ``test``.

        One of them is named. Raises :class:`InputError` for what is not known.

        >>> [place["shard"] for place in store.trace("essay-17").exports]  # doctest: +SKIP
        """
        from rightful.api import trace
        from rightful.api.stepping import Steps

        selectors = {"event": event, "source": source, "author": author, "subject": subject}
        asked = Steps(
            step=None if step is None else str(step),
            log=log,
            megatron_cache=megatron_cache,
            global_batch_size=global_batch_size,
            micro_batch_size=micro_batch_size,
            data_parallel_size=data_parallel_size,
            split=split,
        )
        named = None if what is None else str(what)
        return trace.trace(self._access, named, selectors, all_stale, format, out, limit, asked)

    @overload
    def verify(
        self,
        export: str | Path,
        *,
        all: Literal[False] = False,
        standalone: bool = False,
        key: str | Path | None = None,
    ) -> Verified: ...
    @overload
    def verify(self, export: None = None, *, all: Literal[True]) -> AllVerified: ...
    @overload
    def verify(
        self,
        export: str | Path | None = None,
        *,
        all: bool = False,
        standalone: bool = False,
        key: str | Path | None = None,
    ) -> Verified | AllVerified: ...
    def verify(
        self,
        export: str | Path | None = None,
        *,
        all: bool = False,
        standalone: bool = False,
        key: str | Path | None = None,
    ) -> Verified | AllVerified:
        """Re-read an export (its id or folder) and decide every record again. ``ok`` is False when a file or a permission is gone.

        ``all``: every registered export; one whose folder is gone is decided by the store's index of it, and is not
        ``ok``. ``standalone``: a folder is held against itself, with no store: files, documents, index, the root of its
        records and its signatures, of which one has to be made with ``key`` (a public one) where that is given; whether
        a record is still permitted only a store knows. Raises :class:`InputError` for a folder that is no export,
        :class:`StoreError` for an id that is not known.
        """
        from rightful.api import attesting, reading

        if standalone or key is not None:
            return attesting.verify_alone(export, all, standalone, key)
        return reading.verify(self._access, export, all)

    def sign(self, export: str | Path, *, key: str | Path) -> Signed:
        """Sign an export (its id or folder): a file beside its manifest, which no later one changes. The store stays as it is.

        ``key`` is the file of a private key (Ed25519, PEM). Signing again with the same key does nothing. Raises
        :class:`InputError` for a key that is none; :class:`Refused` where the export is not the one that was registered.
        """
        from rightful.api import attesting

        return attesting.sign(self._access, export, key)

    def proof(
        self, record: str, export: str | Path, *, key: str | Path | None = None, out: str | Path | None = None
    ) -> Proof:
        """That a record is in an export (its id or folder), or is not, for whoever has neither; no other record is disclosed.

        ``key`` signs it (the file of a private key), and ``out`` is the file to write. Raises :class:`InputError` for what
        is no record id, for an export of an earlier version, and where ``out`` is there.
        """
        from rightful.api import attesting

        return attesting.proof(self._access, record, export, key, out)

    def verify_receipt(
        self,
        file: str | Path,
        *,
        key: str | Path | None = None,
        manifest: str | Path | None = None,
        of_store: str | None = None,
    ) -> Attested:
        """Whether a receipt, the signature of an export or a proof is genuine. ``ok`` is False where it is not.

        Needs no store, and of whoever made it the public ``key`` alone. ``manifest`` (a file, or the folder of an export)
        is what a proof that nobody signed is held against; a signature then has to speak of it. ``of_store`` is the id of
        the store that it has to be of. Raises :class:`InputError` for a file or a key that cannot be read.
        """
        from rightful.api import attesting

        return attesting.verify_receipt(file, key, manifest, of_store)

    @overload
    def redact(
        self, export: str | Path, *, event: None = None, level: str = REWRITE, dry_run: bool = False, yes: bool = False
    ) -> Redacted: ...
    @overload
    def redact(
        self, export: None = None, *, event: str, level: str = REWRITE, dry_run: bool = False, yes: bool = False
    ) -> EventRedacted: ...
    @overload
    def redact(
        self,
        export: str | Path | None = None,
        *,
        event: str | None = None,
        level: str = REWRITE,
        dry_run: bool = False,
        yes: bool = False,
    ) -> Redacted | EventRedacted: ...
    def redact(
        self,
        export: str | Path | None = None,
        *,
        event: str | None = None,
        level: str = REWRITE,
        dry_run: bool = False,
        yes: bool = False,
    ) -> Redacted | EventRedacted:
        """Take out of an export (its id or folder) what is permitted no more: a new version, which supersedes the old one.

        event    every current export that holds what this event matched, instead of one
        level    ``rewrite``: the shards concerned are written without it, and its bytes are gone; ``mask``: other ids stand in
                 its place; ``exclude``: ``revocations.jsonl`` lists it for loaders, and the shards stay as they are
        dry_run  answer what would be done
        yes      also where more than 1 % of an export, and more than 1,000 records, go only because the store lacks them

        What goes is what ``verify`` calls stale, whatever the event. A reader finds the old version or the new one, also where
        this is killed. Nothing changes where nothing is to go. Raises :class:`InputError` for a folder that is not what was
        registered, :class:`StoreError` for an export that is not known.

        >>> store.redact("out/").records_removed  # doctest: +SKIP
        """
        from rightful.api import redacted

        return redacted.redact(self._access, export, event, level, dry_run, yes)

    def uses(self, word: str | None = None, *, scheme: str | None = None) -> Words | Meaning | Terms:
        """The words of a request; with ``word`` what that one means, wherever it occurs; with ``scheme`` its terms.

        Needs no store. What a term of another scheme means is read for today. Raises :class:`UnknownName`.
        """
        from rightful.query import uses

        if word is not None:
            return Meaning(**uses.explained(word, self.catalog, self.clock().date(), scheme=scheme))
        return Words(**uses.listing(self.catalog)) if scheme is None else Terms(**uses.terms_of(scheme, self.catalog))

    def recipe(self, recipe: str | Path | None = None) -> Recipe | Recipes:
        """A recipe, resolved: one that comes with rightful, a file, or the digest of one that the store has records of.

        Without ``recipe``, which there are. Raises :class:`InputError` for a recipe that is not one.
        """
        from rightful.api import reading

        return reading.recipe(self._access, recipe)

    def schema(self, name: str | None = None) -> Schema | Rows:
        """The schema of a table, of a file that is read, or of an answer; without ``name``, which there are.

        Needs no store. Raises :class:`UnknownName`.
        """
        from rightful import schema

        if name is not None:
            return Schema(schema.find(name))
        return Rows(
            [
                {"name": file.partition(".")[0], "file": file, "description": document["description"]}
                for file, document in schema.documents().items()
            ]
        )

    def sql(
        self,
        query: str,
        *,
        snapshot: int | None = None,
        max_seconds: float = MAX_SECONDS,
        max_memory: int | None = None,
    ) -> Rows:
        """The rows of one read-only SELECT over the store's views. Texts that were withdrawn are not among them.

        A query ends after ``max_seconds``. ``max_memory`` (MiB) bounds what this process maps while the query runs, and
        ends the process when the query cannot be ended otherwise: for a process that does nothing else. Raises
        :class:`InputError` for anything but a SELECT, or a query that fails.

        >>> store.sql("SELECT license_concluded, count(*) AS n FROM records GROUP BY ALL")  # doctest: +SKIP
        """
        from rightful.api import reading

        return reading.sql(self._access, query, snapshot, max_seconds, max_memory)

    def find(
        self,
        text: str | bytes | Path | None = None,
        *,
        author: str | None = None,
        subject: str | None = None,
        url: str | None = None,
        domain: str | None = None,
        title: str | None = None,
        scan: bool | None = None,
        limit: int = FOUND,
        report: bool = False,
        use: str | Iterable[str] | None = None,
        purpose: str | None = None,
        application: str | None = None,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        accept: str | Iterable[str] | None = None,
        profile: str | None = None,
        as_of: datetime | str | None = None,
        policy: str | None = None,
    ) -> Found:
        """The records in which a text or parts of it stand, verbatim or nearly, and what holds them. No text is answered.

        text     the text itself, its UTF-8, or a ``Path``: a file of one text
        author, subject, url, domain, title  what must hold as well, or alone; a person is looked for by a keyed hash
        scan     read every text; False: none that the index of passages does not name. None: those without an index, and
                 all where the text is too short for it
        limit    at most so many records; ``more`` counts the others
        report   all that a person may ask for: every record, its uses, its source, who has it, what will happen

        Each record has the place of its longest passage (``start``, ``length`` in code points of its text), the ``share`` of
        the words asked for that stand in it, its ``state``, and the exports and assets that hold it. With a use, named as
        in :meth:`query`, it has its decision for that. ``missing`` says where there may be more. Raises
        :class:`InputError` for a text without words, and where nothing is asked for.

        >>> store.find(Path("letter.txt")).records  # doctest: +SKIP
        """
        stated = dict(locals())
        from rightful.api import find, onward

        by = {"author": author, "subject": subject, "url": url, "domain": domain, "title": title}
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        return find.find(self._access, text, by, scan, limit, report, options, onward.request(self.find, stated).use)

    def similar(self, text: str | bytes | Path, *, threshold: float = NEAR, limit: int = MATCHES) -> Similar:
        """The records that are near copies of a text from outside, the most alike first. No text is answered.

        text       the text itself, its UTF-8, or a ``Path``: a file of one text
        threshold  the least Jaccard similarity of the shingles (runs of five words) of both, computed on the texts
        limit      at most so many matches; ``more`` counts the others

        Each match has its ``state``: a record that was withdrawn, retired or superseded is compared as well, and named as
        such. Signatures are read from the disk one after the other (450 bytes a record), so memory does not grow with
        the store. Records that have none, or none that can be compared, are counted in ``unsearched``. Raises
        :class:`InputError` for a file that is no text.

        >>> store.similar(Path("draft.txt"), threshold=0.5).matches  # doctest: +SKIP
        """
        from rightful.api import similar

        return similar.similar(self._access, text, threshold, limit)

    def signatures(self, *, snapshot: int | None = None) -> Iterator[tuple[str, MinHash]]:
        """(record id, ``datasketch.MinHash``) of every record that counts and has words, read as they are asked for.

        They are those of ``MinHash(112, seed=1, scheme="affine32")``, updated with the low 32 bits of the hashes of the
        shingles of the text: what :meth:`minhash` makes of any text compares with them. Whether a record may be used is
        another question: that is :meth:`query`.

        >>> ids = [record for record, _ in store.signatures()]  # doctest: +SKIP
        """
        from rightful.api import similar

        return similar.signatures(self._access, snapshot)

    def minhash(self, text: str | bytes | Path) -> MinHash:
        """The ``datasketch.MinHash`` of a text from outside, or of a file, as the stored ones are made. Needs no store.

        >>> store.minhash("one text").jaccard(store.minhash("another text"))  # doctest: +SKIP
        """
        from rightful.api import similar

        return similar.minhash(text)

    def lsh(self, threshold: float = NEAR, *, snapshot: int | None = None) -> MinHashLSH:
        """A ``datasketch.MinHashLSH`` of all :meth:`signatures`, by record id, with the bands that datasketch chooses.

        It lies in memory whole, some 5 kB a record; for one text :meth:`similar` needs none. ``query`` of it answers
        candidates, which nobody has verified.

        >>> store.lsh(0.8).query(store.minhash(Path("draft.txt")))  # doctest: +SKIP
        """
        from rightful.api import similar

        return similar.lsh(self._access, threshold, snapshot)

    def stats(
        self,
        by: str | Iterable[str] | None = None,
        *,
        where: str | None = None,
        snapshot: int | None = None,
        out: str | Path | None = None,
    ) -> Statistics:
        """What the store holds, by source, language, licence, ..., and how its numbers are spread.

        Whether it may be used is not asked: that is :meth:`query`. ``by`` names axes and histograms, all by default.
        ``out`` becomes a folder of Parquet tables and SVG plots. Raises :class:`InputError` when it exists.
        """
        from rightful.api import reading

        return reading.stats(self._access, by, where, snapshot, out)

    def status(self) -> Status:
        """Snapshot, sizes and counts."""
        from rightful.api import reading

        return reading.status(self._access)

    def duties(self, *, overdue: bool = False) -> Rows:
        """What has to be done by when and is not done: texts to erase, exports to repair; the first deadline first.

        ``overdue``: only where the deadline has passed. Every command names these.
        """
        from rightful.api import upkeep

        return upkeep.duties(self._access, overdue=overdue)

    def check(self, *, sweep: bool = False, absent: str | Path | None = None) -> Health:
        """Read everything and hold it against what was committed. ``damaged`` says what is wrong and what to do.

        The policy is read as every verb reads it. ``sweep`` removes what killed runs left, unless something is damaged:
        then nothing is removed. ``absent`` is a file with a text: every byte of the store is searched for any piece of it,
        Parquet pages unpacked, and for its digests. Raises :class:`InputError` for a file that is no text, or too short.
        """
        from rightful.api import reading

        return reading.check(self._access, sweep=sweep, absent=absent)

    def upgrade(self, *, workers: int | None = None, yes: bool = False) -> Upgraded:
        """Rewrite what an earlier version wrote to today's schema. No tag and no answer changes; a second run does nothing."""
        from rightful.ingest.retag import upgrade

        with self._access.ledger(yes=yes) as ledger:
            now = ledger.not_before(self.clock())
            return Upgraded(**upgrade.upgrade(self.layout, ledger, now, workers=worker_count(workers)))

    def copy(self, to: str | Path, *, progress: CopyProgress | None = None) -> Copied:
        """Back up the store to the new folder ``to`` while it is in use, and read all of the copy again.

        It is the store as of one commit. Raises :class:`InputError` where something is there, :class:`StoreError` for a
        store that is damaged; nothing is left at ``to`` then.

        >>> store.copy("backup/2026-11-30").ok  # doctest: +SKIP
        """
        from rightful.store.copying import copy_store

        with self._access.ledger() as ledger:
            done = copy_store(self.layout, ledger, Path(to), progress)
            store = str(ledger.meta("store_id"))
        return Copied(
            path=str(to), store=store, snapshot=done.snapshot, files=done.files, bytes=done.size_bytes, ok=True
        )

    def compact(self, *, wait: float = 60.0, yes: bool = False) -> Compacted:
        """Erase physically what unlimited withdrawals, erasures and takedowns reach, out of every part of every snapshot.

        Tombstones stay, so that it is refused when it comes again; no other answer changes. ``wait`` is how many seconds
        a command that reads what is to go is waited for. Running it again finds nothing to do.
        """
        from rightful.api import compaction

        return compaction.compact(self._access, wait=wait, yes=yes)

    def log(self, *, who: bool = False) -> Rows:
        """The snapshots, oldest first.

        ``who``: with each the requests that led to its exports and what was undertaken for them, reviews, sources that were
        retired, events by kind, and by whom; then the signatures that stand in files of the store, which are of no snapshot.
        """
        from rightful.api import upkeep

        return upkeep.log(self._access, who=who)

    def record_id(self, name: str) -> str:
        """The id of the record that ``name`` means, as :meth:`explain` reads it; older versions are found too.

        32 hexadecimal digits are an id, whether or not the store has it. Raises :class:`InputError` when none or
        several records have that name.
        """
        return self._access.record_id(name)

    @staticmethod
    def demo(*, keep: str | Path | None = None) -> Demo:
        """Lay out the demo in the new folder ``keep`` (a temporary one by default): the sample data, and its story.

        ``rightful demo`` tells the story; a notebook goes through ``scenes`` by itself, with a store in that folder.
        Raises :class:`InputError` when the folder exists.
        """
        from rightful.api.demo import lay_out

        return lay_out(None if keep is None else Path(keep))
