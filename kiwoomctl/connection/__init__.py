"""From a profile to its broker: which key, which token cache, which host, which pace.

This and ``context`` are the only places that know both what the user configured and how a
broker is reached. ``account`` is what services get; ``reach`` is how its broker is opened;
``inspected`` is an account that is only looked at; ``doubles`` finds one account twice.
"""

from kiwoomctl.connection.account import ConnectedAccount
from kiwoomctl.connection.doubles import doubles, refuse_doubles

__all__ = ["ConnectedAccount", "doubles", "refuse_doubles"]
