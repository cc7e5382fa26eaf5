"""What leaves the house: the PDF, the edition for students, what Gradescope and GitHub get."""
