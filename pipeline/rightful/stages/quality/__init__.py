"""The stage ``quality``: its rules, and the compiled loop behind them. Floor 3."""
