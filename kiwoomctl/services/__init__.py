"""Use cases: what a command asks for, over however many accounts.

- ``accounts``   asks several at once and keeps every answer or its error
- ``orders``     all that has to do with an order; nothing else sends one
- ``live``       what changes while somebody watches
- ``recorded``   days: recording one, and what the recorded ones tell
- ``diagnosis``  what is wrong on this machine

Beside them one file for each of the other reads, for the registry and for the report.
"""
