"""What is taught: content read from files, and which LMS link shows which part of it."""
