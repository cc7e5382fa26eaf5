"""What the check looks for: a module for each rule, with the function ``problems``."""
