"""Examines an installation and its connections, step by step, and says what to do."""
