"""The submodels of a plant, a line and a product type: one IDTA template a file."""
