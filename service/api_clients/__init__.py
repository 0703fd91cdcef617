"""Other systems that ask the gate: who they are, their keys, what each may be told."""
