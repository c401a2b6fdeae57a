"""Days of accounts: recording one, and what the recorded ones tell (values, returns, changes)."""
