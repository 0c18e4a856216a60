"""Which documents stand where in which shard: planned in full before anything is written. Floor 8."""
