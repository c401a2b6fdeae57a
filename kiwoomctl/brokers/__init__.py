"""Brokers: what all of them share, and one package per broker."""
