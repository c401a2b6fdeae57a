"""A simulator of a broker's server: the demo, the fake of the tests, and the oracle.

One exchange core (``exchange``, ``account``, ``market``, and for orders ``desk``,
``matching``, ``passage``) knows no wire; the folders ``kiwoom`` and ``kis`` speak a broker's
wire over it, each by a ``gateway`` for requests and ``live`` for sessions, whose common part
stands here. ``host`` joins them with the control plane; ``embedded`` answers in process,
``server`` over a loopback socket.

It never imports the broker clients: what they say is checked against it.
"""
