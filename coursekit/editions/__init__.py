"""What is made of the built book: one PDF, and the edition for students."""
