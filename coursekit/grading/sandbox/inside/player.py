"""The player: it runs the submission, and what the judge asks of it."""

import builtins
import contextlib
import io
import os
import sys
import traceback
from typing import Any

from coursekit.grading.sandbox.inside.arguments import changes, copies
from coursekit.grading.sandbox.inside.chance import chance_now, set_chance
from coursekit.grading.sandbox.inside.channel import Channel, Gone, NotCarried
from coursekit.grading.sandbox.inside.models import built, models_in, set_state, state_of
from coursekit.grading.sandbox.inside.originals import attributes, name_of
from coursekit.grading.sandbox.inside.peer import Peer, text_of
from coursekit.grading.sandbox.inside.stand_ins import function, read

TOO_MUCH_OUTPUT = 99  # exit code of a player that ends itself


class _Said(io.TextIOBase):
    """Standard output that ends the process when it gets too long."""

    def __init__(self, limit: int):
        self.limit, self.parts, self.size = limit, [], 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.size += len(text)
        if self.size > self.limit:
            os._exit(TOO_MUCH_OUTPUT)
        self.parts.append(text)
        return len(text)

    def take(self) -> str:
        parts, self.parts = self.parts, []
        return "".join(parts)


class Player(Peer):
    """Runs the submission. What it says counts for nothing but what it says: a submission may have
    changed all of this.
    """

    def __init__(self, channel: Channel, output_bytes: int):
        super().__init__(channel)
        from IPython.core.displaypub import CapturingDisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from matplotlib_inline.backend_inline import configure_inline_support
        from traitlets.config import Config

        from coursekit.grading.sandbox.inside.own_parts import OwnParts

        off = {"HistoryManager": {"enabled": False}}
        InteractiveShell.display_pub_class = CapturingDisplayPublisher
        self.shell = InteractiveShell.instance(config=Config(off))
        self.shell.showtraceback = lambda *_, **__: None
        self.run_cell = self.shell.run_cell  # a submission may replace the shell's
        self.shell.colors = "nocolor"
        configure_inline_support(self.shell, "module://matplotlib_inline.backend_inline")
        self.said = _Said(output_bytes)
        self.limit, self.shown = output_bytes, 0
        sys.stdout = sys.stderr = self.said  # as checks.py has it in a kernel
        self.originals = attributes()
        self.own = OwnParts(self.request)
        self.remembered: dict[int, tuple] = {}
        self.put_back: set[str] = set()  # what a submission had replaced and a check has put back

    def serve(self) -> None:
        """Answer until the judge goes."""
        with contextlib.suppress(Gone):
            while True:
                self.answer(self.channel.receive()[1:])

    def do(self, what: str, *rest: Any) -> Any:
        """Anything that the judge asks for."""
        return getattr(self, f"do_{what}")(*rest)

    # ----- cells

    def do_run(self, source: str, wanted: list[str]) -> tuple[list, str, list[str]]:
        """Run a cell; give its outputs, its error, and which of some names it set."""
        before = {name: self.shell.user_ns.get(name) for name in wanted}
        done = self.run_cell(source, store_history=False)
        outputs = self._outputs(done)
        error = done.error_before_exec or done.error_in_exec
        after = self.shell.user_ns
        changed = [n for n in wanted if n in after and after[n] is not before[n]]
        return outputs, type(error).__name__ if error else "", changed

    def _outputs(self, done: Any) -> list[dict]:
        outputs = []
        if text := self.said.take():
            outputs.append({"output_type": "stream", "name": "stdout", "text": text})
        for shown in self.shell.display_pub.outputs:
            data = shown.get("data", {}) if isinstance(shown, dict) else getattr(shown, "data", {})
            kept = {
                kind: data[kind]
                for kind in ("text/plain", "image/png")
                if isinstance(data.get(kind), str | bytes)
            }
            outputs.append({"output_type": "display_data", "data": kept})
        self.shell.display_pub.outputs.clear()
        if done.success and done.result is not None:
            with contextlib.suppress(Exception):
                outputs.append(
                    {"output_type": "execute_result", "data": {"text/plain": repr(done.result)}}
                )
        if error := done.error_before_exec or done.error_in_exec:
            lines: list[str] = []
            with contextlib.suppress(Exception):
                lines = traceback.format_exception(type(error), error, error.__traceback__)
            own = [line for line in lines if "site-packages" not in line]
            outputs.append(
                {
                    "output_type": "error",
                    "ename": type(error).__name__,
                    "evalue": text_of(error),
                    "traceback": own,
                }
            )
        self.shown += sum(len(str(output)) for output in outputs)
        if self.shown > 8 * self.limit:
            os._exit(TOO_MUCH_OUTPUT)
        return outputs

    def do_names(self, names: dict[str, Any]) -> None:
        """Set global names, to what the judge has there."""
        self.shell.user_ns.update(names)

    def do_seed(self, seed: int) -> None:
        """Set all seeds."""
        import keras

        keras.utils.set_random_seed(seed)

    def do_value(self, name: str) -> Any:
        """The value of a global name."""
        return self.shell.user_ns[name]

    # ----- what checks do with what the student defined

    def do_call(self, number: int, given: tuple, named: dict, chance: list) -> tuple:
        """Call a function; give its result, the models and other arguments as it left them, and the
        state of chance.
        """
        before = copies([given, named])
        set_chance(chance)
        result = self.mine[number](*given, **named)
        states = [state_of(one) for one in models_in([given, named])]
        return result, states, changes(before), chance_now()

    def do_read(self, number: int, what: str, *given: Any) -> Any:
        """What an object holds."""
        return read(self.mine[number], what, *given)

    def do_outputs(self, number: int, inputs: Any) -> list:
        """What a model gives in use and in training, with its numbers left as they are."""
        model = self.mine[number]
        before = state_of(model)
        try:
            return [model(inputs, training=training) for training in (False, True)]
        finally:
            set_state(model, before)

    def do_own(self, what: str, number: int, *rest: Any) -> Any:
        """What a model with parts of the student's own does."""
        if what == "build":
            self.described.add(number)
        if what == "slopes":
            return self.own.slopes(*rest)
        mine = (number, self.mine[number]) if what in ("build", "call") else (self.mine[number],)
        return getattr(self.own, what)(*mine, *rest)

    # ----- checks in here

    def do_remember(self, number: int) -> None:
        """Keep what global names mean now, for a check."""
        self.remembered[number] = dict(self.shell.user_ns), chance_now()

    def do_check(self, number: int, imports: str, source: str, wanted: list[str]) -> str:
        """Run a check here as if it had come when it was remembered, with the official imports and
        nothing replaced.

        Gives its error, empty if it passed. Python's own names mean what they mean in Python,
        whatever the submission calls so.
        """
        names, chance = self.remembered.pop(number)
        self.shell.user_ns.clear()
        self.shell.user_ns.update(names)
        set_chance(chance)
        for (owner, name), value in self._replaced().items():
            self.put_back.add(name_of(owner, name))
            with contextlib.suppress(Exception):
                setattr(owner, name, value)
        own = _Names(self.shell.user_ns, wanted)
        own.update({n: one for n, one in names.items() if n in wanted or not hasattr(builtins, n)})
        try:
            exec(compile(f"{imports}\n{source}", "<check>", "exec"), own)
        except BaseException as error:
            return f"{type(error).__name__}: {text_of(error)}"
        finally:
            self.said.take()
            self.shell.display_pub.outputs.clear()
        return ""

    def do_replaced(self, names: dict[str, list]) -> list[str]:
        """What the submission has replaced so far: official imports by name, and parts of what
        checks use.

        A name counts as replaced if it gives checks something else: ``names`` holds, for each, its
        module (or ``module:attribute``) and what checks take from it.
        """
        for name, (where, taken) in names.items():
            module, _, attribute = where.partition(":")
            official = sys.modules.get(module)
            official = getattr(official, attribute, None) if attribute else official
            own = self.shell.user_ns.get(name, official)
            if own is not official and not all(
                part and _alike(part, own, official) for part in taken
            ):
                self.put_back.add(name)
        self.put_back |= {name_of(*part) for part in self._replaced()}
        return sorted(self.put_back)

    def _replaced(self) -> dict[tuple[Any, str], Any]:
        return {
            (owner, name): value
            for (owner, name), value in self.originals.items()
            if (owner.__code__ if name == "__code__" else vars(owner).get(name)) is not value
        }

    # ----- things

    def refer_to_model(self, model: Any) -> tuple:
        """A model by its configuration; one with parts of the student's own by what the judge must
        know of it.
        """
        from coursekit.grading.sandbox.inside.own_parts import told

        number = self.number_of(model)
        known = number in self.described or number in self.fresh
        if number not in self.own.parts:
            try:
                text = "" if known else told(model)
                self.fresh.add(number)
                return "model", number, text, state_of(model)
            except NotCarried:
                self.own.parts[number] = []
        description = None if known else self.own.describe(number, model)
        if not known and not description["built"]:
            return "own", number, description, []
        self.fresh.add(number)
        return "own", number, description, state_of(model)

    def refer_to_object(self, thing: Any) -> tuple:
        """Anything else."""
        return "object", self.number_of(thing), type(thing).__name__

    def resolve(self, word: str, *parts: Any) -> Any:
        """What the judge hands out, and what it gives back."""
        number, *rest = parts
        if word == "yours":
            return self.mine[number]
        if word == "your model":
            set_state(self.mine[number], *rest)
            return self.mine[number]
        if word == "model":
            config, state = rest
            if number not in self.theirs:
                self.keep(number, built(config, trusted=True))
            set_state(self.theirs[number], state)
            return self.theirs[number]
        if number not in self.theirs:
            name, parameters = rest

            def call(given: tuple, named: dict) -> Any:
                result, chance = self.request("call", number, given, named, chance_now())
                set_chance(chance)
                return result

            self.keep(number, function(call, name, parameters))
        return self.theirs[number]


def _alike(path: str, own: Any, official: Any) -> bool:
    """Whether two things have the same part, such as ``layers.Dense``."""
    try:
        for label in path.split("."):
            own, official = getattr(own, label), getattr(official, label)
    except Exception:
        return False
    return own is official


class _Names(dict):
    """A check's names. What it sets in place of the student's, the student's functions see."""

    def __init__(self, theirs: dict, shared: list[str]):
        super().__init__()
        self.theirs, self.shared = theirs, shared

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if name in self.shared:
            self.theirs[name] = value
