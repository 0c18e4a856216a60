"""What people said later: consents, withdrawals, receipts. Floor 6."""
