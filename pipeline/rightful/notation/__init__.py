"""How things are written: addresses and the places they mean, instants, TOML, characters, numbers. Floor 1: pure."""
