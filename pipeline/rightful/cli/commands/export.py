"""``rightful export``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.asking import undertaking
from rightful.cli.options import (
    dedup_option,
    prefer_option,
    shard_formats,
    snapshot_option,
    text_formats,
    use_options,
    where_option,
    workers_option,
    yes_option,
)
from rightful.engine import default_workers
from rightful.export import SHARD_BYTES, SHARD_TOKENS
from rightful.export.words import AUTO, BACKENDS, ERROR, HOLDERS, NONE, ON_UNENCODABLE, PACKS, RAW


@cli.command(
    epilog="Example: rightful export out/ --use train.pretrain --accept attribution --format megatron --tokenizer train:8192",
)
@click.argument("out", metavar="OUT")
@use_options
@click.option(
    "--format", default="parquet", show_default=True, metavar="|".join(shard_formats()), help="The shard format."
)
@click.option(
    "--tokenizer",
    metavar="FILE|NAME|train:N|bytes",
    help="A tokenizer.json, the name of one that lies in the store or in the Hugging Face cache, one trained on the"
    " permitted text, or bytes. Default: bytes.",
)
@click.option(
    "--train-sample",
    metavar="N|SHARE",
    help="Train the tokenizer on so many, or this share, of the records that may train it. Default: all of them.",
)
@click.option("--eod", metavar="TOKEN", help="The end-of-document token of a tokenizer file.")
@click.option(
    "--tokenizer-backend",
    metavar="|".join(BACKENDS),
    default=AUTO,
    show_default=True,
    help="Which library runs the tokenizer. A backend whose ids differ is never used.",
)
@click.option(
    "--on-unencodable",
    metavar="|".join(ON_UNENCODABLE),
    default=ERROR,
    show_default=True,
    help="Characters that the tokenizer cannot write: an error, or left out and counted as lost.",
)
@click.option("--raw", is_flag=True, help="With --format bin: ids and nothing else, without a header.")
@click.option(
    "--raw-as",
    metavar="|".join(RAW),
    help="The suffix of files without a header: bin as nanoGPT calls them, npy as OLMo-core does. Default: bin.",
)
@click.option("--text-as", metavar="|".join(text_formats()), help="How --format text is written. Default: parquet.")
@where_option
@dedup_option
@prefer_option
@click.option(
    "--shard-tokens",
    type=int,
    default=SHARD_TOKENS,
    show_default=True,
    metavar="N",
    help="The most tokens per shard.",
)
@click.option(
    "--shard-bytes",
    type=int,
    default=SHARD_BYTES,
    show_default=True,
    metavar="N",
    help="The most bytes of rows per shard of --format text.",
)
@click.option(
    "--seq-len", type=int, metavar="N", help="The most tokens of a row. Longer documents are cut, and lose nothing."
)
@click.option(
    "--pack",
    metavar="|".join(PACKS),
    default=NONE,
    show_default=True,
    help="How documents share rows of --seq-len: concat cuts them wherever a row is full, best-fit keeps whole what fits.",
)
@click.option("--truncate", is_flag=True, help="Leave out what a document has beyond --seq-len. Default: a row more.")
@click.option(
    "--holders",
    metavar="|".join(HOLDERS),
    help="Keep the documents of a rights holder together, so that a withdrawal touches few shards.",
)
@click.option(
    "--seed", type=int, metavar="N", help="Shuffle the documents. Default: the order of the store; 0 with --mix."
)
@click.option(
    "--mix",
    metavar="SOURCE=SHARE,...|FILE.toml",
    help="Shares of the tokens by source, or a file with parts by source, language, license, domain or condition.",
)
@click.option(
    "--mix-temperature",
    type=float,
    metavar="T",
    help="Shares of --mix by size to the power of 1/T, where parts have none.",
)
@click.option(
    "--epochs",
    type=float,
    metavar="N",
    help="How often a record of --mix may be drawn at most. Default: 1.",
)
@click.option(
    "--limit-tokens",
    type=int,
    metavar="N",
    help="The most tokens in all, in whole documents; the size of --mix. With --format text: characters.",
)
@click.option("--ids", metavar="FILE", help="Only these records: ids, one on each line, or what query -o wrote.")
@click.option("--sample", metavar="SHARE|N", help="A share of the records, such as 0.1, or a number of them.")
@click.option(
    "--split",
    metavar="NAME=SHARE,...",
    help="Splits by share, such as train=.98,validation=.01,test=.01; by period or by source with --split-by. Copies, near"
    " ones too, are in one split, and stay in it when records are added.",
)
@click.option(
    "--split-by",
    metavar="group|published_at|source",
    help="What the splits are made by: groups of copies (the default), time (shares of it, or train=..2024-06-30,test=2024-07-01..),"
    " or whole sources (shares of them, or train=a+b,test=c).",
)
@click.option(
    "--ladder",
    metavar="SHARE,...,1",
    help="Nested subsets of the same mixture, such as 0.01,0.1,1, each inside the next and nothing stored twice.",
)
@click.option(
    "--redact",
    multiple=True,
    metavar="TYPE",
    help="Remove personal data of this type from the texts: email, phone, a group such as contact, or all; repeatable.",
)
@click.option("--redact-with", metavar="TEXT", help="The replacement text. Default: [{type}].")
@workers_option
@snapshot_option
@yes_option
@click.pass_obj
def export(context: Context, /, out: str, workers: int | None, **options: Any) -> None:
    """Shards of tokens or texts that hold only permitted records, with manifest, index and attribution beside them.

    With --format text a row per record has its text, address, licence and attribution. Exit 3: nothing is permitted.
    OUT must be new or empty.
    """
    from rightful.cli.pages.export import export_lines, mixture_lines

    undertaking(context, options["accept"], yes=bool(options["yes"]))
    with context.progress("export", "records") as tell:
        workers = default_workers() if workers is None else workers
        manifest = context.store.export(
            out, workers=workers, progress=tell, show=lambda mix: context.warn(mixture_lines(mix)), **options
        )
    context.answer(manifest, export_lines(manifest, out))
