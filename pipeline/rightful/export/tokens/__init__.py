"""Texts to token ids: tokenizers, the faster backend, the spool. Floor 8: part of ``export``."""
