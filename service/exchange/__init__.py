"""Content that comes and goes: a course as an archive, questions from other systems."""
