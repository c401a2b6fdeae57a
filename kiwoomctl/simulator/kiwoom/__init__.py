"""Kiwoom's REST wire over the exchange core."""
