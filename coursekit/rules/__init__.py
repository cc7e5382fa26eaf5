"""What the check looks for."""
