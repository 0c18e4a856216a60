"""What a snapshot permits: from records and a use to decided records, set-wise. Floor 5."""
