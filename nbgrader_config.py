# nbgrader's settings; `nbgrader generate_config` lists them all. A chapter is an assignment.
c = get_config()  # nbgrader defines it

c.CourseDirectory.course_id = "batch_normalization_dropout_noise"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.ignore = ["*.md", "lab.py", "checks.py", ".ipynb_checkpoints", "__pycache__"]

# The alternative text of a plot tells what the plot shows, so students get the cells without it.
c.ClearOutput.remove_metadata_fields = {"collapsed", "scrolled", "mystnb"}

c.Execute.timeout = 300  # seconds a cell may take; nbgrader's own 30 are few for an experiment
