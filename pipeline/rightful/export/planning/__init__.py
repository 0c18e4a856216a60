"""What is placed where: which of the chosen records, in which split, row and shard. Floor 8: numbers in, numbers out."""
