"""The professional forum of the coordinators: sessions with an agenda, what came of them, and what stays open."""
