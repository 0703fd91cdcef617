"""The gate: nobody is paired before their conditions are met."""
