"""Forums: where coordinators, mentors and those they accompany talk, each forum within its own ring of readers."""
