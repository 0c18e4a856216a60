"""What people said later: consents, withdrawals, receipts. Floor 6."""

COLUMNS = (
    *("kind", "selector", "value", "use", "purpose", "application", "effective", "until", "reason", "party"),
    *("given_by", "perpetual", "deadline", "proof"),
)
"""The columns of an import; ``kind, selector, value`` are needed. Several uses or capacities are separated by ``;``."""
