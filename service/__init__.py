"""The MentorReady application: training, readiness, pairing and grades inside a university LMS."""
