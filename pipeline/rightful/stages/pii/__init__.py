"""The stage ``pii``: personal data and secrets in a text, and a text without them. Floor 3."""
