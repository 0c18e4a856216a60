"""The stage ``decontaminate``: evaluation sets, their n-grams, and the loops that look for them. Floor 3."""
