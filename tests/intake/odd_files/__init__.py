"""Which odd files may a plant hand over? Made by rule, each with its truth: styles to tune on, and styles that came later."""
