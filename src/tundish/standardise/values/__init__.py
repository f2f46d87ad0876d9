"""Values: what do the texts of a column say? Numbers, times, categories and ids, and what was never measured."""
