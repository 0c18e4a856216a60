"""A tokenizer without a way to write a character loses it; that is an error, never silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models

from pipeline.errors import InputError
from pipeline.export.encoders import load


def write(path: Path, unknown: str | None = None) -> Path:
    vocabulary = {letter: n for n, letter in enumerate("abc ")} | ({unknown: 4} if unknown else {})
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token=unknown))
    tokenizer.add_special_tokens(["</s>"])
    tokenizer.save(str(path))
    return path


@pytest.mark.parametrize("text", ["a\u4e00b", "A", "caf\u00e9", "d"])
def test_text_that_the_vocabulary_cannot_write_is_an_error(text: str, tmp_path: Path) -> None:
    encoder = load(write(tmp_path / "t.json"))
    assert [len(ids) for ids in encoder.encode_batch(["abc ab"])] == [6]
    with pytest.raises(InputError, match="has no way to write the character"):
        encoder.encode_batch(["abc", text])


def test_text_with_an_unknown_token_is_written(tmp_path: Path) -> None:
    [ids] = load(write(tmp_path / "t.json", "[UNK]")).encode_batch(["a\u4e00b"])
    assert ids.tolist() == [0, 4, 1]
