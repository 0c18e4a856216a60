"""Export: what is permitted leaves as shards, with the proof beside them. Floor 8."""

SHARD_TOKENS = 64 << 20
"""Tokens that a shard holds at most, where nothing else is asked for."""
