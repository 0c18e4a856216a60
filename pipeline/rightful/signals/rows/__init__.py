"""What a row states. Floor 2: pure."""
