"""What a source card states. Floor 2: pure."""
