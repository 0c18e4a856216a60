"""What can be asked: of a store, of the licences, of the vocabulary. Floor 7."""

MAX_SECONDS = 60.0
"""After so long a query in SQL ends, where nothing else is asked for."""

NEAR = 0.7
"""Two texts whose shingles have this Jaccard similarity are near copies, where nothing else is said."""
NOT_INDEXED = "their texts have no index of passages"
"""Why ``find`` reads texts, or leaves them out."""
FOUND = 100
"""So many records are listed by ``find``, where nothing else is said."""
MATCHES = 20
"""So many near copies of a text are answered, where nothing else is said."""
DRILLED = 10
"""So many records a drill withdraws."""
