"""Which engines run a job? One file an engine; all give the same results to the bit."""
