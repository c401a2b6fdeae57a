"""Speed, measured: one module per question; each prints name, figure and count."""
