"""What people tell of themselves for being matched."""
