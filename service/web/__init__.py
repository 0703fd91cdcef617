"""The screens: the only folder, with app.py and cli.py, that knows Flask."""
