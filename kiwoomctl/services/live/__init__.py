"""Accounts and events as they change: what a watch, a stream and a condition search show."""
