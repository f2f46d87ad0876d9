"""What was a piece made of, what happened to that on earlier lines, and how much of it counts for the piece?"""
