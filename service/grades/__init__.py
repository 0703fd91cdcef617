"""Scores on their way to the LMS gradebook, with proof that they arrived."""
