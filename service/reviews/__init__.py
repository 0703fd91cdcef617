"""Reviews by people: what waits for one, who decided what, and what learners remark on each other's answers."""
