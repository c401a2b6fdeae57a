"""What the live feeds of all brokers have in common: a connection that is made anew."""
