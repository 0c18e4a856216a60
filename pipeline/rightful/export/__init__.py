"""Export: what is permitted leaves as shards, with the proof beside them. Floor 8."""

REBASED = 1_000
"""So many decisions that flip are listed by ``rebase``, where nothing else is asked for; all of them are counted."""
SHARD_TOKENS = 64 << 20
"""Tokens that a shard holds at most, where nothing else is asked for."""
SHARD_BYTES = 256 << 20
"""Bytes that the rows of a shard of texts hold at most (as JSON, uncompressed), where nothing else is asked for."""
PERSON, AUTHORITY = AUDIENCES = ("person", "authority")
"""Whom the receipt of an event is for."""
