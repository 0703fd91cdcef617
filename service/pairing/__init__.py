"""Mentors and mentees brought together, when both are ready."""
