"""The law. Floor 0: pure. No IO, no clock, no environment; time enters as ``as_of``."""
