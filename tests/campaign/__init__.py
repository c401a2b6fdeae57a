"""The campaign: what `help reliability` claims of orders, tried out in thousands of cases.

Run it with ``python -m tests.campaign``. Each module that is named in ``ROWS`` of ``__main__`` is
one row of the table at the end. Real commands run in processes of their own against a served
simulator, or the same services in process against the embedded one where hours must pass. The
judge is the simulator's own record of orders; our ledger is what is judged.
"""
