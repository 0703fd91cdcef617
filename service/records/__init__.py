"""Signed training records: what someone finished, on paper and as data, for whoever they choose to show it to."""
