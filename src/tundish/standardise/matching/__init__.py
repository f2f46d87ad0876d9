"""Matching: which concept does a column mean? From name, unit, values and neighbours to a probability, or an abstention."""
