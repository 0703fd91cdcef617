"""LMSs we trust, our own keys, and what may be used only once."""
