"""What runs recorded: numbers, verdicts and claims, and where the text speaks of them."""
