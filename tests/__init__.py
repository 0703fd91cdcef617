"""The tests, and what they share with the demo: the pretend LMS and the processes."""
