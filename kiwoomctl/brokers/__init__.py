"""Brokers: what all of them share, and a folder for each (``kiwoom``, ``kis``).

- ``port``, ``port_orders``, ``port_live``, ``port_enrolment``   what the rest may ask of one
- ``houses``      which there are, and what opening an account at one takes
- ``transport``, ``http_door``, ``token``, ``pacing``   how anything goes out, and how fast
- ``order_post``  how an order goes out: its bytes, once
- ``replies``, ``fields``, ``paging``, ``repeats``, ``texts``   how a reply is read
- ``live``        a live connection that is made anew

In a folder: ``endpoints`` (calls as data), ``wire`` (its texts as values), ``replies`` (what a
code means), ``client``, then a file for each kind of read; ``order_desk`` sends its orders.
"""
