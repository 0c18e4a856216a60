from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

from rightful import Store
from rightful.errors import InputError
from rightful.export.leaving import Texts
from rightful.export.tokens import gigatoken as fast
from rightful.export.tokens.encoders import bytes_encoder, load, train
from rightful.export.tokens.encoding import Batch, Spec, encode
from rightful.export.tokens.gigatoken import Choice, Differs, Gigatoken, choose, probes, unfit

gigatoken_rs = pytest.importorskip("gigatoken.gigatoken_rs")

END = "<|endoftext|>"
TEXTS = [
    "", " ", "a", f"a{END}b", END, END[1:], "It's we'LL don\u2019t 'tis\n\n\tx  y\r\n 12345 6",
    "\u00e9t\u00e9 caf\u00e9\u0301 e\u0301", "你好，世界。 한국어 \u1112\u1161\u11ab",
    "\u0634\u0643\u0631\u0627\u064b \u05e9\u05dc\u05d5\u05dd", "\u0939\u093f\u0928\u094d\u0926\u0940",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea", "\U00011935\U00011930",
    "a\u088fb \U00010940 x", "\x00\x1f\x7f\x85\u2028", "<note>a b</note>", "x" * 5000,
]  # fmt: skip
"""Of them one has code points that are new in Unicode 17, which gigatoken 0.10 takes for letters and tokenizers does not;
one has a pair of marks that NFC joins; one has an added token."""


def reworked(path: Path, folder: Path, change: Callable[[Tokenizer], None]) -> Path:
    """The same vocabulary with another splitting or normalizer."""
    tokenizer = Tokenizer.from_file(str(path))
    change(tokenizer)
    out = folder / "reworked.json"
    tokenizer.save(str(out))
    return out


def split_by(pattern: str, behavior: str = "isolated") -> Callable[[Tokenizer], None]:
    def change(tokenizer: Tokenizer) -> None:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), behavior),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )

    return change


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is remembered of a proof, for this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rightful" / "proofs"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "tokenizer.json"
    train([*TEXTS, *probes(), Path(__file__).read_text(encoding="utf-8")] * 2, 1500, out)
    return out


@pytest.fixture(scope="module")
def ours(path: Path) -> Gigatoken:
    return Gigatoken(load(path))


def test_gigatoken_encodes_as_the_reference_does(ours: Gigatoken) -> None:
    ours.prove()
    for text, ids, wanted in zip(TEXTS, ours.encode_batch(TEXTS), ours.reference.encode_batch(TEXTS), strict=True):
        assert np.array_equal(ids, wanted), ascii(text)
        assert ids.dtype == wanted.dtype == np.uint32
        assert ours.decode(ids) == text
    assert ours.encode_batch([]) == []


@settings(max_examples=300)
@given(st.lists(st.text() | st.sampled_from([*TEXTS, "'s", " ", "\n", "12", "<|"])).map("".join))
def test_gigatoken_any_text_has_the_ids_of_the_reference(ours: Gigatoken, text: str) -> None:
    ours.check([text])


@pytest.mark.parametrize("pattern", sorted(fast.SPLITS))
@pytest.mark.parametrize("nfc", [False, True])
def test_gigatoken_with_every_splitting_that_is_offered_is_the_reference(
    path: Path, tmp_path: Path, pattern: str, nfc: bool
) -> None:
    def change(tokenizer: Tokenizer) -> None:
        split_by(pattern)(tokenizer)
        tokenizer.add_tokens([AddedToken("<note>", normalized=False), AddedToken("caf\u00e9", normalized=False)])
        if nfc:
            tokenizer.normalizer = normalizers.NFC()

    reference = load(reworked(path, tmp_path, change))
    assert unfit(reference) is None
    ours = Gigatoken(reference)
    ours.prove()
    marks = [chr(c) for c in range(0x300, 0x1100) if unicodedata.combining(chr(c))]
    stacked = ["".join(f"{base}{a}{b}" for b in marks[::7]) for base in "aZ\u1112" for a in marks[::5]]
    ours.check([*TEXTS, *stacked])


def test_gigatoken_leaves_to_the_reference_what_it_would_encode_otherwise(ours: Gigatoken) -> None:
    """Were they not left to it, nobody would notice that they differ: the law rests on this being necessary."""
    text = "a \u088f\u088f's"  # a letter that is new in Unicode 17
    assert ours._backend.encode(text.encode()).tolist() != ours.reference.encode_batch([text])[0].tolist()
    ours.check([text])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: setattr(t, "normalizer", normalizers.NFKC()), "its normalizer is NFKC"),
        (
            lambda t: setattr(t, "pre_tokenizer", pre_tokenizers.ByteLevel(add_prefix_space=True)),
            "its pre-tokenizer is",
        ),
        (split_by(r"\s+|\S+"), "its pre-tokenizer is not one that was compared"),
        (split_by(min(fast.SPLITS), "merged_with_next"), "its pre-tokenizer is not one that was compared"),
        (lambda t: setattr(t, "pre_tokenizer", pre_tokenizers.Whitespace()), "its pre-tokenizer is not one"),
    ],
)
def test_unfit_tokenizers_that_were_not_compared_are_told_why(
    path: Path, tmp_path: Path, change: Callable[[Tokenizer], None], why: str
) -> None:
    reference = load(reworked(path, tmp_path, change))
    assert why in (unfit(reference) or "")
    with pytest.raises(InputError, match="gigatoken is not offered for this tokenizer: its "):
        choose("gigatoken", reference, 1)
    assert choose("auto", reference, 1 << 40) == Choice("hf")


def test_unfit_a_tokenizer_without_all_bytes_or_of_bytes(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.BPE({"a": 0, "b": 1}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens([END])
    tokenizer.save(str(tmp_path / "t.json"))
    assert unfit(load(tmp_path / "t.json")) == "its vocabulary lacks some of the 256 bytes"
    assert unfit(bytes_encoder()) == "the ids are the bytes themselves"


def test_choose_takes_it_where_it_is_worth_it_and_knows_its_names(path: Path) -> None:
    reference = load(path)
    assert choose("auto", reference, fast.WORTH_CHARS - 1) == Choice("hf")
    assert choose("auto", reference, fast.WORTH_CHARS) == choose("gigatoken", reference, 0) == Choice("gigatoken")
    assert choose("hf", reference, 1 << 40) == Choice("hf")
    with pytest.raises(InputError, match="'tiktoken' is not a backend"):
        choose("tiktoken", reference, 0)


def test_a_proof_is_remembered_by_what_it_depends_on_and_spares_most_of_the_next(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Gigatoken(load(path))
    ours.believe(cache)
    [file] = cache.iterdir()
    assert json.loads(file.read_text()) == ours.depends_on()
    monkeypatch.setattr(ours, "prove", lambda: pytest.fail("it was proved before"))
    ours.believe(cache)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(pytest.fail.Exception):
        ours.believe(cache)  # what is damaged is no proof


def test_a_proof_that_was_forged_is_not_believed_blindly(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Gigatoken(load(path))
    honest.believe(cache)
    monkeypatch.setattr(gigatoken_rs, "load_hf_json", clumsy)
    ours = Gigatoken(load(path))
    assert ours.depends_on() == honest.depends_on()
    with pytest.raises(Differs):
        ours.believe(cache)
    assert list(cache.iterdir()) == []


def test_a_proof_needs_no_place_to_be_kept(path: Path, tmp_path: Path) -> None:
    ours = Gigatoken(load(path))
    ours.believe(None)
    (tmp_path / "file").write_text("")
    ours.believe(tmp_path / "file" / "proofs")


def test_check_other_ids_are_a_difference(path: Path, tmp_path: Path) -> None:
    ours = Gigatoken(load(path))
    train(["other words " * 30], 300, tmp_path / "other.json")
    ours.reference = load(tmp_path / "other.json")
    with pytest.raises(Differs, match=r"gave other ids than tokenizers for a text of 5 characters"):
        ours.check(["other"])


# A whole export


def clumsy(json_text: str, given: Callable[[str], Any] = gigatoken_rs.load_hf_json) -> Any:
    """A release of gigatoken with a defect: it merges nothing."""
    spec = json.loads(json_text)
    spec["model"]["merges"].clear()
    return given(json.dumps(spec))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Documents of which some are encoded by both (their digest begins with a zero byte)."""
    texts = [f"document {i} of many, caf\u00e9 {i * i}\n{END}\n" for i in range(600)]
    assert sum(hashlib.sha256(text.encode()).digest()[0] == 0 for text in texts) > 0
    lines = [json.dumps({"id": f"d{i}", "text": text, "license": "CC0-1.0"}) for i, text in enumerate(texts)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "in.jsonl"], workers=1)
    return store


def shards(out: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((out / "data").iterdir())}


def test_export_with_another_backend_has_the_same_bytes_and_says_what_was_compared(
    store: Store, path: Path, tmp_path: Path
) -> None:
    def export(backend: str, workers: int) -> dict[str, Any]:
        name = f"{backend}-{workers}"
        made = store.export(
            tmp_path / name,
            "train.pretrain",
            tokenizer=str(path),
            tokenizer_backend=backend,
            workers=workers,
            dedup="none",
        )
        return dict(made["tokenizer"]["backend"])

    assert export("hf", 1) == {"name": "hf", "version": None, "compared": None, "note": None}
    said = export("gigatoken", 1)
    assert export("gigatoken", 2) == said
    assert said["name"] == "gigatoken"
    assert said["version"] == fast.version()
    assert 0 < said["compared"] < 600
    assert shards(tmp_path / "hf-1") == shards(tmp_path / "gigatoken-1") == shards(tmp_path / "gigatoken-2")


def test_export_with_a_backend_that_errs_is_made_with_the_reference_or_not_at_all(
    store: Store, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train([f"document {i} of many" for i in range(600)] * 9, 290, tmp_path / "small.json")
    order: dict[str, Any] = {"tokenizer": str(tmp_path / "small.json"), "dedup": "none", "workers": 1}
    store.export(tmp_path / "hf", "train.pretrain", **order)
    monkeypatch.setattr(gigatoken_rs, "load_hf_json", clumsy)
    monkeypatch.setattr(fast, "WORTH_CHARS", 0)
    with pytest.raises(Differs, match="gave other ids"):
        store.export(tmp_path / "none", "train.pretrain", tokenizer_backend="gigatoken", **order)
    assert not (tmp_path / "none").exists()
    made = store.export(tmp_path / "auto", "train.pretrain", **order)
    assert made["tokenizer"]["backend"]["name"] == "hf"
    assert "gave other ids than tokenizers" in made["tokenizer"]["backend"]["note"]
    assert shards(tmp_path / "auto") == shards(tmp_path / "hf")


def test_encode_a_document_of_those_compared_that_differs_is_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train([f"document {i} of many" for i in range(600)] * 9, 290, tmp_path / "small.json")
    monkeypatch.setattr(gigatoken_rs, "load_hf_json", clumsy)
    [texts] = (tmp_path / "store" / "texts").glob("*.parquet")
    wanted = [f"document {i} of many, caf\u00e9 {i * i}\n{END}\n" for i in range(600)]
    digests = tuple(hashlib.sha256(text.encode()).digest() for text in wanted)
    with pytest.raises(Differs):
        encode(Batch(Texts(texts, np.arange(600), digests), Spec(str(tmp_path / "small.json"), None, "gigatoken")))
