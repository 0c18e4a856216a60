"""The stage ``language``: the detectors behind it, and what tells code from prose. Floor 3."""
