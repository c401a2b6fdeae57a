"""Kiwoom Securities' REST API."""
