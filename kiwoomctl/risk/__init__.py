"""Own risk checks: what this program says about an order before the broker is asked.

- ``verdicts``   tiers, codes and what it takes to go on
- ``limits``     the figures of ``[risk]``, and which of two is the tighter one
- ``situation``  everything a check may know about one order
- ``checks``     the list of the checks, each a pure function of a situation

Nothing here reads a clock, a file or the network: who asks gathers the figures. None means
unknown, and a check that needs what is unknown holds the order.
"""
