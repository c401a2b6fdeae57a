"""Orders, from what a person asked to what became of it; the only room that sends one.

The way of an order:

- ``order_terms``   what was asked, as exact terms; ``figures`` reads what they need
- ``preview``, ``agreement``   what is shown, checked and agreed to before it goes
- ``trading``       buy, sell, modify and cancel over several accounts: the only door
- ``transmission``  one order of one account: the lock, the journal, the send
- ``conclusion``    what it came to; ``resolution`` finds out where its reply was lost

Afterwards: ``settling`` (the command resolve), ``unsettled``, ``audit`` with ``hindsight``,
``kill_switch``, ``day_orders`` (what the broker lists), ``journal`` (what the ledger holds).
"""
