"""LTI 1.3 Advantage as spoken by a tool. Knows no database, no Flask and no mentor."""
