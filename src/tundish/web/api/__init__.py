"""What other programs may ask: one room a standard, each with a router that the application includes."""
