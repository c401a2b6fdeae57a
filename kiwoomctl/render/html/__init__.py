"""The account report as one HTML page that needs nothing else: no script, no file, no network."""
