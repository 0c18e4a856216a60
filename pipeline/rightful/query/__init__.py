"""What can be asked: of a store, of the licences, of the vocabulary. Floor 7."""

MAX_SECONDS = 60.0
"""After so long a query in SQL ends, where nothing else is asked for."""
