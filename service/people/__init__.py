"""Who uses the tool, in which course, in which role of ours."""
