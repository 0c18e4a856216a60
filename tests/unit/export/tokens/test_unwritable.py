"""A tokenizer without a way to write a character loses it; that is an error, or counted, never silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from rightful import Store
from rightful.errors import InputError
from rightful.export.tokens.encoders import bytes_encoder, load, train, unknown_token, written
from rightful.export.tokens.unwritable import writes_all
from tests.exports import manifest_of, register

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LETTERS = {letter: n for n, letter in enumerate("abc ")}
BYTE_LETTERS = {letter: n for n, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
BYTE_TOKENS = {f"<0x{n:02X}>": n for n in range(256)}
FALLBACK = [(f"<0x{n:02X}>", 0.0) for n in range(256)]
LEVEL = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
CUT = pre_tokenizers.WhitespaceSplit()


def saved(
    path: Path,
    model: Any,
    normalizer: Any = None,
    splitter: Any = None,
) -> Path:
    tokenizer = Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if splitter is not None:
        tokenizer.pre_tokenizer = splitter
    tokenizer.add_special_tokens(["</s>"])
    tokenizer.save(str(path))
    return path


def write(path: Path, unknown: str | None = None) -> Path:
    vocabulary = LETTERS | ({unknown: 4} if unknown else {})
    return saved(path, models.BPE(vocab=vocabulary, merges=[], unk_token=unknown))


def byte_level(normalizer: Any = None, splitter: Any = LEVEL, without: str = "") -> Callable[[Path], Path]:
    vocabulary = {letter: n for letter, n in BYTE_LETTERS.items() if letter not in without}
    return lambda path: saved(path, models.BPE(vocab=vocabulary, merges=[]), normalizer, splitter)


def word_level(path: Path) -> Path:
    return saved(path, models.WordLevel({"ab": 0, "c": 1}, unk_token="[UNK]"), splitter=CUT)


def word_piece(path: Path) -> Path:
    return saved(path, models.WordPiece({"a": 0, "##b": 1, "c": 2}, unk_token="[UNK]"), splitter=CUT)


def unigram(path: Path) -> Path:
    return saved(path, models.Unigram([("a", -1.0), ("b", -1.5), ("c", -2.0), (" ", -2.0)]))


@pytest.mark.parametrize("text", ["a\u4e00b", "A", "caf\u00e9", "d"])
def test_text_that_the_vocabulary_cannot_write_is_an_error(text: str, tmp_path: Path) -> None:
    encoder = load(write(tmp_path / "t.json"))
    assert [len(ids) for ids in encoder.encode_batch(["abc ab"])] == [6]
    with pytest.raises(InputError, match="has no way to write the character"):
        encoder.encode_batch(["abc", text])


def test_text_with_an_unknown_token_is_written(tmp_path: Path) -> None:
    encoder = load(write(tmp_path / "t.json", "[UNK]"))
    [ids], [lost] = written(encoder, ["a\u4e00b"])
    assert (ids.tolist(), lost.chars, unknown_token(encoder)) == ([0, 4, 1], 0, 4)


LOSING: dict[str, tuple[Callable[[Path], Path], str, list[int] | None, int, str]] = {
    "BPE": (write, "a\u4e00b\u4e01", [0, 1], 2, "\u4e00"),
    "BPE, unknown token that is not in its vocabulary": (
        lambda path: saved(path, models.BPE(vocab=LETTERS, merges=[], unk_token="<unk>")),
        "a\u4e00b",
        [0, 1],
        1,
        "\u4e00",
    ),
    "BPE, what is lost has fewer bytes than what follows": (
        lambda path: saved(path, models.BPE(vocab={**LETTERS, "\u4e00": 4}, merges=[])),
        "\u00e9\u4e00",
        [4],
        1,
        "\u00e9",
    ),
    "BPE, letters that merge across what is lost": (
        lambda path: saved(path, models.BPE(vocab={**LETTERS, "ab": 4}, merges=[("a", "b")])),
        "a\u4e00b c",
        [4, 3, 2],
        1,
        "\u4e00",
    ),
    "BPE, mark without a token": (write, "ae\u0301", [0], 2, "e"),
    "BPE, mark behind a letter it has": (write, "a\u0301b", [0, 1], 1, "\u0301"),
    "BPE, some byte tokens": (
        lambda path: saved(path, models.BPE(vocab={**LETTERS, "<0xE4>": 4}, merges=[], byte_fallback=True)),
        "a\u4e00",
        [0],
        1,
        "\u4e00",
    ),
    "BPE, suffix of words": (
        lambda path: saved(
            path, models.BPE(vocab={"a": 0, "b</w>": 1}, merges=[], end_of_word_suffix="</w>"), splitter=CUT
        ),
        "ab aa",
        None,
        1,
        "a",
    ),
    "byte letters without byte-level splitting": (
        byte_level(splitter=None),
        "a\u4e00",
        [BYTE_LETTERS["a"]],
        1,
        "\u4e00",
    ),
    "byte-level, one byte of a character missing": (byte_level(without="\u00a9"), "x\u00e9", None, 1, "\u00e9"),
    "WordLevel": (word_level, "ab d c xy", [0, 1], 3, "d"),
    "WordPiece": (word_piece, "ab ad c", [0, 1, 2], 2, "a"),
    "Unigram": (unigram, "adb", [0, 1], 1, "d"),
    "Unigram with byte tokens and no unknown one": (
        lambda path: saved(path, models.Unigram([("a", -1.0), ("<0xE4>", -1.0)], byte_fallback=True)),
        "a\u4e00",
        [0],
        1,
        "\u4e00",
    ),
    "normalizer that deletes": (byte_level(normalizers.Replace("x", "")), "axb", None, 1, "x"),
    "normalizer that cleans": (byte_level(normalizers.BertNormalizer()), "A\u200d\ufffdb \u4e00", None, 2, "\u200d"),
    "normalizer that strips vowel signs": (
        byte_level(normalizers.StripAccents()),
        "\u0915\u0941",
        None,
        1,
        "\u0941",
    ),
    "splitter that deletes": (
        byte_level(splitter=pre_tokenizers.Sequence([pre_tokenizers.Split("x", "removed"), LEVEL])),
        "axbx",
        None,
        2,
        "x",
    ),
    "delimiter": (
        byte_level(splitter=pre_tokenizers.Sequence([pre_tokenizers.CharDelimiterSplit("|"), LEVEL])),
        "a|b",
        None,
        1,
        "|",
    ),
    "splitter that deletes before a model with an unknown token": (
        lambda path: saved(
            path,
            models.BPE(vocab={**LETTERS, "[UNK]": 4}, merges=[], unk_token="[UNK]"),
            splitter=pre_tokenizers.Punctuation("removed"),
        ),
        "a,b\u4e00",
        [0, 1, 4],
        1,
        ",",
    ),
}


@pytest.mark.parametrize("name", LOSING)
def test_what_is_lost_is_counted_and_an_error_where_it_is_not_asked_for(name: str, tmp_path: Path) -> None:
    make, text, ids, chars, first = LOSING[name]
    encoder = load(make(tmp_path / "t.json"))
    [of], [lost] = written(encoder, [text])
    assert (lost.chars, lost.first) == (chars, first)
    assert ids is None or of.tolist() == ids
    with pytest.raises(InputError, match="has no way to write the character"):
        encoder.encode_batch([text])


WHOLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "white space": (word_level, " ab\t\n c\u3000c\u00a0"),
    "lower case": (byte_level(normalizers.Lowercase()), "AB\u0130\u00c9"),
    "composed": (byte_level(normalizers.NFC()), "e\u0301 \u1112\u1161\u11ab a\u0323\u0302"),
    "composed behind a deleting step": (
        byte_level(normalizers.Sequence([normalizers.Replace("\u2029x", ""), normalizers.NFC()])),
        "e\u0301 \u1112\u1161\u11ab a\u0323\u0302",
    ),
    "compatible": (
        byte_level(normalizers.Sequence([normalizers.Replace("\u2029x", ""), normalizers.NFKC()])),
        "\ufb01 \u2460 \uff76\uff9e \u00bd \uff21",
    ),
    "composed with a prefix": (
        byte_level(
            normalizers.Sequence([normalizers.Replace("\u2029x", ""), normalizers.Prepend("_"), normalizers.NFC()])
        ),
        "e\u0301",
    ),
    "without its accent": (byte_level(normalizers.BertNormalizer()), "\u00c9t\u00e9"),
    "without its accent, decomposed": (byte_level(normalizers.BertNormalizer()), "E\u0301te\u0301"),
    "stripped": (byte_level(normalizers.Strip()), "  a b  "),
    "byte fallback": (
        lambda path: saved(path, models.BPE(vocab={**BYTE_TOKENS, "a": 256}, merges=[], byte_fallback=True)),
        "a\u4e00\U0001f600\u0301",
    ),
    "Unigram byte fallback": (
        lambda path: saved(path, models.Unigram([("<unk>", 0.0), *FALLBACK], unk_id=0, byte_fallback=True)),
        "a\u4e00",
    ),
    "Unigram byte fallback and no unknown token": (
        lambda path: saved(path, models.Unigram([*FALLBACK, ("a", -1.0)], byte_fallback=True)),
        "a\u4e00a",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_written_in_another_form_is_no_loss(name: str, tmp_path: Path) -> None:
    make, text = WHOLE[name]
    encoder = load(make(tmp_path / "t.json"))
    [of], [lost] = written(encoder, [text])
    assert (lost.chars, lost.first) == (0, "")
    [same] = encoder.encode_batch([text])
    assert same.tolist() == of.tolist()
    assert len(of)


def spec(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_tokenizers_that_write_everything_are_recognised_once(tmp_path: Path) -> None:
    train(["some text, some more text"], 300, tmp_path / "trained.json")
    assert writes_all(spec(tmp_path / "trained.json"))
    for name in ("lower case", "composed", "byte fallback", "Unigram byte fallback"):
        assert writes_all(spec(WHOLE[name][0](tmp_path / "t.json"))), name
    assert writes_all(spec(write(tmp_path / "t.json", "[UNK]")))
    for name, (make, *_) in LOSING.items():
        assert not writes_all(spec(make(tmp_path / "t.json"))), name


def test_long_run_of_marks_takes_no_time_that_grows_with_its_square(tmp_path: Path) -> None:
    encoder = load(byte_level(normalizers.StripAccents())(tmp_path / "t.json"))
    _, [lost] = written(encoder, ["\u0915" + "\u0941" * 200_000])
    assert lost.chars == 200_000


def test_bytes_lose_nothing() -> None:
    _, [lost] = written(bytes_encoder(), ["a\u4e00\u0000"])
    assert lost.chars == 0


TEXTS = {"plain": "abc ab", "hard": "ab \u4e00\u4e01c", "more": "\u4e02 cab", "mail": "a bc@cab.ca b"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("unwritable")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "source.toml").write_text('name = "letters"\nlicense = "CC0-1.0"\npersonal_data = "no"\n')
    lines = (json.dumps({"id": k, "text": v}) + "\n" for k, v in TEXTS.items())
    (corpus / "letters.jsonl").write_text("".join(lines))
    made = Store(folder / "store", clock=lambda: NOW)
    made.ingest([corpus], workers=1)
    write(folder / "t.json")
    write(folder / "unk.json", "[UNK]")
    return made


def ordered(store: Store, out: Path, tokenizer: str = "t.json", **options: Any) -> dict[str, Any]:
    path = store.layout.root.parent / tokenizer
    return store.export(out, "train", tokenizer=str(path), accept="all", dedup="none", workers=1, **options)


def by_name(store: Store, out: Path) -> dict[str, dict[str, Any]]:
    names = {store.record_id(name): name for name in TEXTS}
    return {names[row["record_id"]]: row for row in pq.read_table(out / "index.parquet").to_pylist()}


@pytest.mark.parametrize("redact", [None, "all"])
def test_export_counts_what_is_lost_and_verify_counts_again(redact: str | None, store: Store, tmp_path: Path) -> None:
    manifest = ordered(
        store, tmp_path / "out", on_unencodable="count", redact=redact, redact_with="a" if redact else None
    )
    lost = {name: row["lost"] for name, row in by_name(store, tmp_path / "out").items()}
    # The address that no token could write is permitted without it alone: what left is looked at, not what is stored.
    assert lost == {"plain": 0, "hard": 2, "more": 1} | ({"mail": 0} if redact else {})
    assert (manifest["lost"], manifest["lost_records"]) == (sum(lost.values()), sum(n > 0 for n in lost.values()))
    assert manifest["tokenizer"]["on_unencodable"] == "count"
    assert manifest["tokenizer"]["unknown_tokens"] is None
    assert "the tokenizer has no token for them" in (tmp_path / "out/README.md").read_text()
    found = store.verify(tmp_path / "out")
    assert found["ok"], found


def test_export_is_refused_by_default_and_nothing_is_published(store: Store, tmp_path: Path) -> None:
    exports = store.status()["exports"]
    with pytest.raises(InputError, match=r"no way to write the character") as caught:
        ordered(store, tmp_path / "out")
    assert caught.value.exit_code == 2
    assert caught.value.subject in {f"record {store.record_id(name)}" for name in ("hard", "more")}
    assert "--on-unencodable count" in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.iterdir())
    assert store.status()["exports"] == exports


def test_export_that_loses_nothing_is_the_same_either_way(store: Store, tmp_path: Path) -> None:
    made = [
        ordered(store, tmp_path / how, where="source_record_id = 'plain'", on_unencodable=how)
        for how in ("error", "count")
    ]
    assert [m["lost"] for m in made] == [0, 0]
    assert made[0]["shards"] == made[1]["shards"]


def test_unknown_tokens_are_counted_and_are_no_loss(store: Store, tmp_path: Path) -> None:
    manifest = ordered(store, tmp_path / "out", "unk.json")
    assert (manifest["lost"], manifest["tokenizer"]["unknown_tokens"]) == (0, 3)
    assert store.verify(tmp_path / "out")["ok"]


def test_another_word_for_what_to_do_is_an_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'ignore' is not known"):
        ordered(store, tmp_path / "out", on_unencodable="ignore")


def test_verify_finds_losses_that_are_stated_wrongly(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ordered(store, out, on_unencodable="count")
    table = pq.read_table(out / "index.parquet")
    stated = np.array(table.column("lost").to_pylist())
    restated(store, out, table, stated[::-1].tolist(), int(stated.sum()))
    reasons = [c["reason"] for c in store.verify(out)["corrupt"] if c["file"] == "index.parquet"]
    assert any("characters of its text, and the index states" in reason for reason in reasons), reasons
    restated(store, out, table, stated.tolist(), int(stated.sum()) - 1)
    reasons = [c["reason"] for c in store.verify(out)["corrupt"] if c["file"] == "index.parquet"]
    assert any("states other losses than the manifest" in reason for reason in reasons), reasons


def restated(store: Store, out: Path, table: Any, lost: list[int], total: int) -> None:
    """The export as if it had been made with these losses, in its folder and in the ledger."""
    at = table.schema.get_field_index("lost")
    pq.write_table(table.set_column(at, table.schema.field(at), [lost]), out / "index.parquet")
    manifest = manifest_of(out)
    manifest["lost"] = total
    register(store, out, manifest, NOW)
