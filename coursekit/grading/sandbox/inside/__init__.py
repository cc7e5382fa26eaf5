"""What runs inside the sandbox. Nothing of the course but this folder, ``lab.py`` and ``checks.py``
is within its reach.

One process imports TensorFlow, which takes seconds, and then only forks. For each submission it
forks two processes, each shut in namespaces of its own (users, processes, files, network):

- the *player* runs the submission: the cells that were given, and the student's;
- the *judge* runs the checks. No line of the submission runs in it. What the student defined stands
  in the judge's namespace as stand-ins: to call one asks the player. So a check measures what the
  submission produced with functions that the submission cannot reach.

A submission may change the player as it likes, so the judge takes from it no more than this: names
that the solution defines; plain values of a few kinds, arrays of numbers among them, read from
bytes by a reader that can make nothing else; models, which it builds anew from approved parts of
Keras, and compares; and calls of functions that a check handed out, as long as it runs. A model
with parts of the student's own is not built: what it computes is asked for, on the judge's inputs.

What a check found so is its result. A check that fails, or that wants something that cannot leave
the player, runs once more in there when no cell of the student's is left to run. Passes there are
no proof, so a person is told of them.

- ``__main__``: the process that imports TensorFlow and forks
- ``process``: a player or a judge, forked
- ``judge``, ``player``, ``rights``: what each of the two does, and what it gives up before
- ``own_models``, ``own_parts``: models with parts of the student's own, as the judge has them, and
  in the player
- ``originals``, ``outputs``, ``peer``, ``sources``: what checks are made with; what cells show; two
  processes that call each other; names in code
- ``models``, ``stand_ins``: models as configuration and weights; what stands for other things
- ``approved``: the parts of Keras of which the judge builds models
- ``arguments``, ``chance``, ``messages``: what a function changed in place; random numbers; values
  as bytes
- ``channel``, ``walls``: messages over a socket; namespaces and limits
"""
