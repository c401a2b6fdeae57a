"""kiwoomctl: several brokerage accounts at once, from the terminal."""

__version__ = "0.1.0"
