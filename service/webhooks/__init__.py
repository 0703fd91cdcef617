"""Other systems told by HTTP when someone becomes ready or no longer is."""
