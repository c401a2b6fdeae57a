"""kiwoomctl: several brokerage accounts at once, from the terminal.

The rooms, from the terminal inwards; ``tests/test_architecture.py`` says who may import whom:

- ``commands``    options in, a service asked, a report out; ``app`` gathers them
- ``context``     what one run is made of; ``connection`` leads from a profile to its broker
- ``services``    the use cases; ``services/orders`` is the only door to an order
- ``brokers``     the houses behind one port; ``brokers/order_post`` sends an order's bytes
- ``ledger``, ``history``   the order journal and the recorded days, on ``database``
- ``risk``, ``domain``      own checks, and the pure rules and records of the field
- ``config``, ``render``, ``locale``, ``topics``, ``completion``   files, output, words, help, TAB
- ``simulator``   a broker's server, for the demo and the tests
"""

__version__ = "0.1.0"
