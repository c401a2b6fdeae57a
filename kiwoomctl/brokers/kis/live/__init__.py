"""KIS's live feed: approval keys, registrations, records of trades, encrypted order notices."""
