"""What several stages work with: the bytes and columns of a batch, shingles, the rule of ``norm_sha256``. Floor 3; no stages."""
