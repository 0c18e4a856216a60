"""What can be asked: of a store, of the licences, of the vocabulary. Floor 7."""
