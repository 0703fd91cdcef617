"""Events of a course, who came to them, and what a group did together in class."""
