"""Which odd files may a plant hand over? Made by rule, each with its truth: 26 styles to tune on and 7 to be judged by."""
