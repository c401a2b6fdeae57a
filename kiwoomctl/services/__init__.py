"""Use cases: what a command asks for, over however many accounts."""
