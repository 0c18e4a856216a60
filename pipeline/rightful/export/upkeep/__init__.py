"""What becomes of an export that is there: whether it still holds. Floor 8: part of ``export``."""
