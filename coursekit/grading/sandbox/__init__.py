"""The sandbox: one submission runs in it, with its checks, and nothing else comes within its reach.

- ``supervisor``: starts the process that forks behind walls
- ``run``: one submission, watched from outside
- ``bubblewrap``, ``limits``, ``usage``: the command that shuts in; what a submission may take; what it takes
- ``inside``: what runs behind the walls
"""
