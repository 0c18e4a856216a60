from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import TemplateProcessing

from rightful.errors import DamagedInput, InputError
from rightful.export.tokens import encoders
from rightful.export.tokens.encoders import Encoder, bytes_encoder, load, train

END = "<|endoftext|>"


def words(seed: int, count: int) -> list[str]:
    """Texts of made-up words, some of which come again and again."""
    chance = random.Random(seed)
    stock = ["".join(chance.choices("abcdefghij é", k=chance.randint(1, 9))) for _ in range(400)]
    return [" ".join(chance.choices(stock, k=30)) for _ in range(count)]


@pytest.fixture(scope="module")
def trained_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "tokenizer.json"
    train(words(seed=1, count=300), 700, path)
    return path


@pytest.fixture(scope="module")
def trained(trained_file: Path) -> Encoder:
    return load(trained_file)


def saved(tokenizer: Tokenizer, folder: Path) -> Path:
    path = folder / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def byte_level(*special: str) -> Tokenizer:
    """A byte-level BPE of 256 bytes and no merges."""
    tokenizer = Tokenizer(
        models.BPE({byte: i for i, byte in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, [])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(special))
    return tokenizer


def unigram(*special: str) -> Tokenizer:
    """A model of pieces whose vocabulary has its end of a document as a piece like any other."""
    pieces = [("<unk>", 0.0), ("</s>", 0.0), ("ab", -1.0), *((c, -2.0) for c in "ab</s>")]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.add_special_tokens(list(special))
    return tokenizer


texts = st.lists(st.text() | st.sampled_from([END, END[1:], END[:-1], "<|", "|>", "</s>", " "])).map("".join)


# The bytes encoder


def test_bytes_encoder_vocabulary_is_256_bytes_and_the_end() -> None:
    encoder = bytes_encoder()
    assert (encoder.kind, encoder.vocab_size, encoder.eod, encoder.lossless) == ("bytes", 257, 256, True)
    assert len(encoder.sha256) == 64
    assert encoder.sha256 == bytes_encoder().sha256


@given(texts)
def test_bytes_encoder_any_text_comes_back(text: str) -> None:
    [ids] = bytes_encoder().encode_batch([text])
    assert ids.dtype == np.uint32
    assert bytes_encoder().decode(ids) == text.encode()


def test_bytes_encoder_decode_an_end_within_is_damage() -> None:
    with pytest.raises(DamagedInput, match=r"the end of a document \(256\) lies within"):
        bytes_encoder().decode(np.array([104, 256, 105], np.uint32))


# A trained tokenizer


@given(texts)
def test_trained_any_text_comes_back_and_never_holds_the_end(trained: Encoder, text: str) -> None:
    [ids] = trained.encode_batch([text])
    assert ids.dtype == np.uint32
    assert trained.eod not in ids
    assert trained.decode(ids) == text


def test_trained_says_what_it_is(trained: Encoder, trained_file: Path) -> None:
    assert (trained.kind, trained.eod_token, trained.lossless) == ("tokenizer.json", END, True)
    assert trained.sha256 == hashlib.sha256(trained_file.read_bytes()).hexdigest()
    assert trained.vocab_size == 700


def test_trained_decode_an_id_outside_the_vocabulary_is_damage(trained: Encoder) -> None:
    with pytest.raises(DamagedInput, match="id 700 is outside the vocabulary of 700"):
        trained.decode(np.array([5, 700], np.uint32))


def test_encode_batch_more_than_one_internal_batch_keeps_order(trained: Encoder) -> None:
    long = [letter * 1_500_000 for letter in "abc"]
    assert sum(map(len, long)) > encoders._BATCH_CHARS
    assert [trained.decode(ids[:3])[0] for ids in trained.encode_batch([*long, "d"])] == list("abcd")
    assert trained.encode_batch([]) == []


def test_encoder_in_a_worker_process_forges_no_end_and_takes_one_thread(
    trained_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    trained = load(trained_file)
    text = f"a{END}b"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        [there] = pool.submit(trained.encode_batch, [text]).result()
        threads = pool.submit(os.getenv, "TOKENIZERS_PARALLELISM").result()
    assert np.array_equal(there, trained.encode_batch([text])[0])
    assert threads == "false"
    assert "TOKENIZERS_PARALLELISM" not in os.environ


# Forging the end of a document


def ends_by_default(path: Path, text: str, token: str) -> bool:
    """Whether the library by itself would put the token's id into this text."""
    tokenizer = Tokenizer.from_file(str(path))
    return tokenizer.token_to_id(token) in tokenizer.encode(text, add_special_tokens=False).ids


def test_forged_end_special_token_in_a_text_is_ordinary_characters(trained: Encoder, trained_file: Path) -> None:
    text = f"one{END}two{END}{END}"
    assert ends_by_default(trained_file, text, END)
    [ids] = trained.encode_batch([text])
    assert trained.eod not in ids
    assert trained.decode(ids) == text


def test_forged_special_token_of_any_kind_is_ordinary_characters(tmp_path: Path) -> None:
    path = saved(byte_level(END, "<|im_start|>"), tmp_path)
    text = "a<|im_start|>b"
    assert ends_by_default(path, text, "<|im_start|>")
    encoder = load(path)
    for one in (encoder, pickle.loads(pickle.dumps(encoder))):
        [ids] = one.encode_batch([text])
        assert len(ids) == len(text)
        assert one.decode(ids) == text


def test_forged_end_piece_of_a_unigram_vocabulary_is_cut(tmp_path: Path) -> None:
    path = saved(unigram("</s>"), tmp_path)
    assert ends_by_default(path, "a</s>b", "</s>")
    encoder = load(path)
    assert [encoder.decode(ids) for ids in encoder.encode_batch(["a</s>b", "ab", "</s></s>"])] == [
        "a < / s > b",
        "ab",
        "< / s > < / s >",
    ]


def test_forged_end_leaves_the_text_around_it_as_it_is_spelled(tmp_path: Path) -> None:
    encoder = load(saved(unigram("</s>"), tmp_path))
    [ids] = encoder.encode_batch(["ab" * 4 + "</s>" + "ab" * 7])
    assert encoder.decode(ids) == " ".join(["ab"] * 4 + list("</s>") + ["ab"] * 7)


def test_forged_end_through_a_normalizer_is_cut(tmp_path: Path) -> None:
    tokenizer = unigram("</s>")
    tokenizer.normalizer = normalizers.NFKC()
    path = saved(tokenizer, tmp_path)
    wide = "a＜/s＞b"
    assert ends_by_default(path, wide, "</s>")
    encoder = load(path)
    [ids] = encoder.encode_batch([wide])
    assert encoder.decode(ids) == "a < / s > b"


def test_forged_end_added_token_that_is_not_special_is_cut(tmp_path: Path) -> None:
    tokenizer = byte_level()
    tokenizer.add_tokens([AddedToken("<doc_end>", special=False)])
    path = saved(tokenizer, tmp_path)
    assert ends_by_default(path, "a<doc_end>b", "<doc_end>")
    encoder = load(path, eod="<doc_end>")
    [ids] = encoder.encode_batch(["a<doc_end>b"])
    assert encoder.eod not in ids
    assert encoder.decode(ids) == "a<doc_end>b"


def test_forged_end_overlapping_markers_are_all_cut(tmp_path: Path) -> None:
    tokenizer = byte_level()
    tokenizer.add_tokens([AddedToken("abab", special=False)])
    encoder = load(saved(tokenizer, tmp_path), eod="abab")
    [ids] = encoder.encode_batch(["xababababx"])
    assert encoder.eod not in ids
    assert encoder.decode(ids) == "xababababx"


def test_end_of_document_that_is_a_character_of_texts_is_refused(trained_file: Path) -> None:
    with pytest.raises(InputError, match="character 'a' has the id of the end of a document") as caught:
        load(trained_file, eod="a")
    assert caught.value.subject == str(trained_file)


def test_end_of_document_that_is_the_unknown_token_is_refused(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"</s>": 0, "word": 1}, unk_token="</s>"))
    tokenizer.add_special_tokens(["</s>"])
    with pytest.raises(InputError, match="'</s>' is also what it writes for unknown characters"):
        load(saved(tokenizer, tmp_path))
    with pytest.raises(InputError, match="'<unk>' is also what it writes for unknown characters"):
        load(saved(unigram("<unk>"), tmp_path), eod="<unk>")


# Which token ends a document


@pytest.mark.parametrize("token", sorted(encoders.DOCUMENT_ENDS))
def test_end_of_document_one_well_known_special_token_is_taken(tmp_path: Path, token: str) -> None:
    encoder = load(saved(byte_level("<|im_end|>", "<pad>", token), tmp_path))
    assert (encoder.eod_token, encoder.eod) == (token, 258)


def test_end_of_document_none_known_lists_the_special_tokens(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no special token known to end a document; its special tokens: <p>, <\|eot_id\|>"
    ) as e:
        load(saved(byte_level("<p>", "<|eot_id|>"), tmp_path))
    assert e.value.hint == "say which one ends a document: --eod TOKEN"
    assert e.value.subject == str(tmp_path / "tokenizer.json")


def test_end_of_document_many_special_tokens_are_listed_in_part(tmp_path: Path) -> None:
    reserved = [f"<reserved_{number:03}>" for number in range(256)]
    with pytest.raises(InputError, match=r"<reserved_019>, \.\.\. \(256 in all\)") as caught:
        load(saved(byte_level(*reserved), tmp_path))
    assert "<reserved_020>" not in caught.value.message


def test_end_of_document_no_special_tokens_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it has no special tokens"):
        load(saved(byte_level(), tmp_path))


def test_end_of_document_several_known_asks_which(tmp_path: Path) -> None:
    path = saved(byte_level(END, "</s>"), tmp_path)
    with pytest.raises(InputError, match=r"several tokens that may end a document; its special tokens: </s>, <\|endof"):
        load(path)
    assert load(path, eod="</s>").eod_token == "</s>"


def test_end_of_document_named_and_not_special_is_not_taken_by_default(tmp_path: Path) -> None:
    tokenizer = byte_level()
    tokenizer.add_tokens([AddedToken(END, special=False)])
    path = saved(tokenizer, tmp_path)
    with pytest.raises(InputError, match="no special token known"):
        load(path)
    assert load(path, eod=END).eod == 256


def test_end_of_document_not_in_the_vocabulary_says_what_was_meant(trained_file: Path) -> None:
    with pytest.raises(
        InputError, match=r"'<endoftext>' \(--eod\) is not a token of it; its special tokens: <\|end"
    ) as e:
        load(trained_file, eod="<endoftext>")
    assert e.value.hint == f"did you mean {END!r}?"


# What is a tokenizer, and what of it counts


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1, 2]", b'{"model": {"type": "BPE"}}', b"\xff\xfe\x00", b'{"a":' * 9_999]
)
def test_load_not_a_tokenizer_names_the_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(
        InputError, match=r"is not a tokenizer: expected a Hugging Face tokenizer[.]json, got "
    ) as caught:
        load(path)
    assert caught.value.subject == str(path)
    assert len(caught.value.message) < 300


def test_load_missing_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load(tmp_path / "nowhere.json")


def test_load_folder_says_what_to_pass(trained_file: Path) -> None:
    with pytest.raises(InputError, match="is a folder") as caught:
        load(trained_file.parent)
    assert caught.value.hint == f"pass {trained_file}"


def test_load_tokenizer_that_was_never_trained_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without a vocabulary"):
        load(saved(Tokenizer(models.BPE()), tmp_path))


def test_load_truncation_padding_and_dropout_of_the_file_are_off(
    trained: Encoder, trained_file: Path, tmp_path: Path
) -> None:
    tokenizer = Tokenizer.from_file(str(trained_file))
    tokenizer.enable_truncation(max_length=2)
    tokenizer.enable_padding(length=50)
    tokenizer.model.dropout = 0.9
    settings = json.loads(tokenizer.to_str())
    assert settings["truncation"] is not None
    assert settings["padding"] is not None
    assert settings["model"]["dropout"] == pytest.approx(0.9)
    text = words(seed=1, count=1)[0]
    expected = trained.encode_batch([text])[0]
    encoder = load(saved(tokenizer, tmp_path))
    for _ in range(5):
        assert np.array_equal(encoder.encode_batch([text])[0], expected)


def test_load_post_processor_that_adds_tokens_adds_none(tmp_path: Path) -> None:
    tokenizer = byte_level("<s>", "</s>")
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 256), ("</s>", 257)])
    assert tokenizer.encode("a").ids[0] == 256
    encoder = load(saved(tokenizer, tmp_path))
    assert encoder.decode(encoder.encode_batch(["ab"])[0]) == "ab"


def test_encode_text_that_the_vocabulary_cannot_write_names_the_tokenizer(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"word": 0, "</s>": 1}, unk_token="<unk>"))
    tokenizer.add_special_tokens(["</s>"])
    path = saved(tokenizer, tmp_path)
    with pytest.raises(InputError, match="has no way to write the character 'o'") as caught:
        load(path).encode_batch(["word", "other"])
    assert caught.value.subject == str(path)


def test_load_vocabulary_with_holes_counts_to_the_largest_id(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "word": 3, "</s>": 41}, unk_token="<unk>"))
    tokenizer.add_special_tokens(["</s>"])
    encoder = load(saved(tokenizer, tmp_path))
    assert (encoder.vocab_size, encoder.eod, encoder.lossless) == (42, 41, False)


def regex_first(behavior: str) -> pre_tokenizers.PreTokenizer:
    split = pre_tokenizers.Split(r"\s", behavior)
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def without_a_byte() -> models.BPE:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return models.BPE({byte: number for number, byte in enumerate(alphabet[1:])}, [])


@pytest.mark.parametrize(
    ("changed", "claim"),
    [
        ({}, True),
        ({"pre_tokenizer": regex_first("isolated")}, True),
        ({"pre_tokenizer": regex_first("removed")}, False),
        ({"pre_tokenizer": pre_tokenizers.ByteLevel(add_prefix_space=True)}, False),
        ({"pre_tokenizer": pre_tokenizers.Whitespace()}, False),
        ({"normalizer": normalizers.NFC()}, False),
        ({"decoder": decoders.WordPiece()}, False),
        ({"model": without_a_byte()}, False),
    ],
)
def test_lossless_is_claimed_when_every_text_comes_back(tmp_path: Path, changed: dict[str, Any], claim: bool) -> None:
    tokenizer = byte_level(END)
    for name, value in changed.items():
        setattr(tokenizer, name, value)
    encoder = load(saved(tokenizer, tmp_path))
    assert encoder.lossless is claim
    if claim:
        awkward = "é \x00 e\u0301\u00a0\t  \U0001f600\r\n!"
        assert encoder.decode(encoder.encode_batch([awkward])[0]) == awkward


@pytest.mark.parametrize(
    ("token", "claim"),
    [
        (AddedToken("    ", special=False), True),
        (AddedToken("<tool>", special=False, rstrip=True), False),
        (AddedToken("é", special=False), False),  # decodes as the byte that byte-level spelling writes so
    ],
)
def test_lossless_with_added_tokens_is_claimed_when_they_come_back(
    tmp_path: Path, token: AddedToken, claim: bool
) -> None:
    tokenizer = byte_level(END)
    tokenizer.add_tokens([token])
    encoder = load(saved(tokenizer, tmp_path))
    text = f"a{token.content}  b"
    assert encoder.lossless is claim
    assert (encoder.decode(encoder.encode_batch([text])[0]) == text) is claim


# Training


TRAIN = """
import json, sys
from pathlib import Path
from rightful.export.tokens.encoders import train
train(json.loads(Path(sys.argv[1]).read_text()), 900, Path(sys.argv[2]))
"""


def test_train_any_number_of_threads_and_any_order_gives_the_same_bytes(tmp_path: Path) -> None:
    corpus = words(seed=2, count=400)
    came = set()
    for number, (threads, order) in enumerate([("1", corpus), ("2", corpus), ("5", corpus), ("5", corpus[::-1])]):
        texts_file, out = tmp_path / f"{number}.texts", tmp_path / f"{number}.json"
        texts_file.write_text(json.dumps(order))
        environment = {**os.environ, "RAYON_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "true"}
        subprocess.run([sys.executable, "-c", TRAIN, texts_file, out], env=environment, check=True, timeout=60)
        came.add(out.read_bytes())
    assert len(came) == 1
    assert len(json.loads(came.pop())["model"]["merges"]) == 900 - encoders.SMALLEST_TRAINED


def test_train_little_text_gives_a_smaller_vocabulary_and_says_so(tmp_path: Path) -> None:
    assert train(["abc abc"], 5_000, tmp_path / "t.json") == 257 + 2
    assert load(tmp_path / "t.json").vocab_size == 257 + 2


def test_train_no_text_gives_bytes_and_the_end(tmp_path: Path) -> None:
    assert train([], 300, tmp_path / "t.json") == 257
    encoder = load(tmp_path / "t.json")
    assert encoder.decode(encoder.encode_batch(["é"])[0]) == "é"


def test_train_what_occurs_once_does_not_become_a_token(tmp_path: Path) -> None:
    train(["ada.lovelace@example.org", "common common"], 5_000, tmp_path / "t.json")
    vocabulary = json.loads((tmp_path / "t.json").read_text())["model"]["vocab"]
    assert "common" in vocabulary
    assert not any("lovelace" in token for token in vocabulary)


def test_train_vocabulary_below_the_alphabet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a vocabulary of 256 is too small") as caught:
        train(["a"], 256, tmp_path / "t.json")
    assert caught.value.subject == "train:256"
    assert list(tmp_path.iterdir()) == []


def test_train_texts_that_fail_leave_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[str]:
        yield "a"
        raise DamagedInput("row 2 is torn")

    with pytest.raises(DamagedInput, match="row 2 is torn"):
        train(failing(), 300, tmp_path / "t.json")
    assert list(tmp_path.iterdir()) == []


def test_train_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.json").mkdir()
    with pytest.raises(InputError, match="cannot be written") as caught:
        train(["a"], 300, tmp_path / "t.json")
    assert caught.value.subject == str(tmp_path / "t.json")
    assert list(tmp_path.iterdir()) == [tmp_path / "t.json"]
