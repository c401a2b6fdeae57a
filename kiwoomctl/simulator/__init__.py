"""A simulator of a broker's server: the demo, the fake of the tests, and the oracle.

One exchange core (``exchange``, ``account``, ``market``, and for orders ``desk``,
``matching``, ``passage``) knows no wire; the folder ``kiwoom`` speaks Kiwoom's REST
wire over it. ``host`` joins both with the control plane; ``embedded`` answers in
process, ``server`` over a loopback socket.

It never imports the broker clients: what they say is checked against it.
"""
