"""Reports into text: one set of columns for tables, JSON, CSV and lines of JSON."""
