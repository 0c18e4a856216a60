"""The law. Floor 1: pure. No IO, no clock, no environment; time enters as ``as_of``."""
