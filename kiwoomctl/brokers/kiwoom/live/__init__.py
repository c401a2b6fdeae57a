"""Kiwoom's WebSocket: the connection, what is asked of it, and what it tells."""
