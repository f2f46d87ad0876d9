"""What did the line do to a piece while it was there: which rows belong to its stay, and what do they amount to?"""
