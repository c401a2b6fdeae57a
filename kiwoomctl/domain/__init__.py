"""Pure rules and records of the field: no I/O, stdlib only."""
