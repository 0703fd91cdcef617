"""The demo: a pretend LMS, the tool and its worker, each a process of its own. The tests run the same three."""
