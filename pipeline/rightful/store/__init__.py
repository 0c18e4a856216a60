"""Data at rest: a small transactional ledger and immutable Parquet parts. Floor 4."""
