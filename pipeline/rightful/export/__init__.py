"""Export: what is permitted leaves as shards, with the proof beside them. Floor 8."""
