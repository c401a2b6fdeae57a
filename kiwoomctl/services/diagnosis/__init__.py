"""What is wrong on this machine, and the command that mends it; ``examination`` looks at all."""
