"""What the user set up: where files are, profiles, groups, and where secrets come from."""
