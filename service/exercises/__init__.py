"""Attempts at exercises and how they are marked."""
