"""Where along a piece did it happen? Length from speed, mapped from line to line, signals on a grid of the final product."""
