"""What prose states. Floor 2: pure."""
