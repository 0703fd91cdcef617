"""How exercises do their work: how hard they are, and whether they tell who knows the matter from who does not."""
