"""What a trainer reads of records that were put on the deny list: which loaders ask it, and which have none. Floor 8: pure.

``redact --level exclude`` leaves the bytes where they are, so it reaches a trainer as far as its loader leaves out what
``revocations.jsonl`` names. ``load_shards`` does. Of others, as of November 2026: Energon 7 has one
(``exclude`` in ``.nv-meta/split.yaml``), for tar files alone, which no format of ours is; megatron-core, mosaicml-streaming,
LitData, Hugging Face ``datasets``, and what reads llm.c's and OLMo's files have none.
"""

from __future__ import annotations

LOADERS = {
    "bin": "llm.c, nanoGPT and OLMo-core",
    "mds": "mosaicml-streaming",
    "megatron": "megatron-core",
    "parquet": "datasets and LitData",
    "text": "datasets",
}
"""Format -> the loaders that read it and have no deny list."""


def unasked(format: str) -> str:
    """What has to be known of a deny list: who asks it, who does not, and what reaches them.

    >>> unasked("megatron")
    'load_shards leaves them out. megatron-core has no deny list and will read them: use --level mask or rewrite for it.'
    """
    others = LOADERS.get(format)
    ours = (
        "load_shards leaves them out."
        if format != "text"
        else "A loader has to leave out what revocations.jsonl names."
    )
    if others is None:
        return (
            f"{ours} A loader that does not ask revocations.jsonl will read them: use --level mask or rewrite for it."
        )
    one = " and " not in others
    verbs = ("has", "will") if one else ("have", "will")
    return f"{ours} {others} {verbs[0]} no deny list and {verbs[1]} read them: use --level mask or rewrite for {'it' if one else 'them'}."
