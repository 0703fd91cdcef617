"""Notices: what a member is to know of, in an inbox of the tool, and for those who want it in a digest by mail."""
