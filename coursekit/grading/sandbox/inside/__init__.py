"""What runs inside the sandbox. Nothing of the course but this folder, ``lab.py`` and ``checks.py`` is within its reach.

One process imports TensorFlow, which takes seconds, and then only forks. For each submission it forks two processes, each shut
in namespaces of its own (users, processes, files, network):

- the *player* runs the submission: the cells that were given, and the student's;
- the *judge* runs the checks. No line of the submission runs in it. What the student defined stands in the judge's namespace as
  stand-ins: to call one asks the player, and what comes back is plain data, or a Keras model made of Keras' own layers, which
  the judge builds anew from its configuration and weights. So a check measures what the submission produced with functions
  that the submission cannot reach.

When all that is done, each check runs once more inside the player: a model may behave in another way than its configuration says.
A check must pass on both sides. Where it passes inside only, a person is told, for that is what a forgery looks like. What cannot
leave the player, such as a layer of the student's own, can only be checked there; a person is told that, too.

Messages are pickles that may hold plain values, arrays and references only; anything else is refused.

- ``__main__``: the process that imports TensorFlow and forks
- ``process``: a player or a judge, forked
- ``judge``, ``player``: what each of them does
- ``originals``, ``peer``, ``sources``: what checks are made with; two processes that call each other; names in code
- ``stand_ins``: what stands in the judge for a thing of the player's, and the other way round
- ``messages``, ``models``: what a message may hold; models as configuration and weights
- ``channel``, ``chance``, ``walls``: messages as bytes; random numbers; namespaces and limits
"""
