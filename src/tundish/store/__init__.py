"""Where is kept what a plant takes in? One folder a plant, append-only."""
