"""What authors work with: schemas for their editors, a skeleton to begin from."""
