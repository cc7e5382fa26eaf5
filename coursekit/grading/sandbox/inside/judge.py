"""The judge: it leads a submission through its notebook and runs the checks."""

import contextlib
import functools
import inspect
import io
import os
import time
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from coursekit.grading.sandbox.inside.arguments import apply_changes
from coursekit.grading.sandbox.inside.chance import chance_now, set_chance
from coursekit.grading.sandbox.inside.channel import Channel, Gone, NotCarried
from coursekit.grading.sandbox.inside.models import (
    built,
    configuration,
    models_in,
    set_state,
    state_of,
    tensors,
)
from coursekit.grading.sandbox.inside.outputs import outputs_of
from coursekit.grading.sandbox.inside.peer import TEXT, Peer
from coursekit.grading.sandbox.inside.sources import (
    attributes_of,
    imports_of,
    names_set,
    names_used,
)
from coursekit.grading.sandbox.inside.stand_ins import StandIn, function


class Judge(Peer):
    """Leads a submission through its notebook and runs the checks.

    From the player it takes names that the solution defines, plain values, and calls of functions
    that a check handed out.
    """

    def __init__(self, channel: Channel, report: Callable[[dict], None]):
        super().__init__(channel)
        self.report = report
        self.names = Names({"__name__": "__main__"})
        self.students: dict[str, Any] = {}  # what the student defined, as stand-ins
        self.sent: dict[str, Any] = {}  # official names that the player was given for the student's
        self.kept: set[int] = set()  # numbers of things that later cells may use, too
        self.at_work: list = []  # layers of the models that work for a check just now

    def request(self, *message: Any) -> Any:
        """As ``Peer.request``; first, the player gets to know which of the student's names a check
        has replaced.
        """
        self._tell_names()
        return super().request(*message)

    def _tell_names(self) -> None:
        changed = {}
        for name, own in self.students.items():
            now = self.names.get(name, own)
            if now is not self.sent.get(name, own):
                changed[name] = self.sent[name] = now
        if changed:
            super().request("names", changed)

    def lead(self, cells: list[dict], defined: list[str]) -> None:
        """Run all cells; report each as it starts and ends.

        A cell has ``kind`` (given, student, check), ``source`` and ``visible`` (a check's source
        without hidden tests). ``defined`` are the names that the solution defines.
        """
        import keras

        checks = [cell["source"] for cell in cells if cell["kind"] == "check"]
        used = names_used(checks)
        self.wanted = set(defined) & used
        given = "\n".join(cell["source"] for cell in cells if cell["kind"] == "given")
        self.imports, imported = imports_of(given)
        imported = {
            name: [where, attributes_of(name, checks)]
            for name, where in imported.items()
            if name in used
        }
        set_seed = keras.utils.set_random_seed

        def set_both(seed: int) -> None:
            set_seed(seed)
            super(Judge, self).request("seed", int(seed))

        keras.utils.set_random_seed = set_both
        set_both(0)
        kinds = {"given": self._given, "student": self._student, "check": self._check}
        again = []
        for number, cell in enumerate(cells):
            if cell["kind"] not in kinds:  # left out
                continue
            self.report({"started": number})
            start = time.perf_counter()
            try:
                result = kinds[cell["kind"]](number, cell)
            except (Gone, NotCarried):
                raise
            except Exception as error:  # the player could not do what was asked
                result = {"outputs": [], "error": type(error).__name__, "message": repr(error)}
            self.report({"ended": number, "seconds": time.perf_counter() - start, **result})
            if "stays" in result or result.get("message"):
                again.append(number)
        self._tell_replaced(imported)
        # Last, since the submission could keep what it sees of hidden tests and print it in a later
        # cell.
        for number in again:
            if cells[number]["kind"] == "check":
                self.report({"started": number})
                self.report(self._inside(number, cells[number]))
        self._tell_replaced(imported)

    def _tell_replaced(self, imported: dict[str, list]) -> None:
        names = super().request("replaced", imported)
        self.report({"replaced": [str(one)[:100] for one in names[:50]]})

    # ----- cells

    def _given(self, number: int, cell: dict) -> dict:
        outputs, error, _ = super().request("run", cell["source"], [])
        official = self._run(cell["source"])
        if official and not error:
            return {"outputs": outputs_of(outputs), "problem": f"a given cell failed: {official}"}
        # What is given stays official.
        self.wanted -= names_set(cell["source"]) | set(imports_of(cell["source"])[1])
        return {"outputs": outputs_of(outputs)}

    def _student(self, number: int, cell: dict) -> dict:
        outputs, error, changed = super().request("run", cell["source"], sorted(self.wanted))
        for name in self.wanted & set(changed):
            self.sent.pop(name, None)
            try:
                self.names[name] = self.students[name] = super().request("value", name)
            except NotCarried as why:
                self.names.stay(name, str(why))
        return {"outputs": outputs_of(outputs), "error": str(error)[:100]}

    def _check(self, number: int, cell: dict) -> dict:
        before, printed = set(self.names), io.StringIO()
        try:
            found = {"message": self._run(cell["source"], printed), "printed": printed.getvalue()}
        except NotCarried as why:
            found = {"stays": str(why)[:TEXT] or "something that cannot leave its process"}
        self._tell_names()
        if found.get("message") != "":
            super().request("remember", number)
        self._publish(cell["visible"], before)
        self._take_back()
        return found

    def _inside(self, number: int, cell: dict) -> dict:
        start = time.perf_counter()
        try:
            given = (number, self.imports, cell["source"], sorted(self.wanted))
            message = str(self.request("check", *given))[:TEXT]
        except (Gone, NotCarried):
            raise
        except Exception as error:  # the player could not do what was asked
            message = repr(error)
        seconds = time.perf_counter() - start
        return {"inside": number, "inside_message": message, "inside_seconds": seconds}

    def _publish(self, visible: str, before: set[str]) -> None:
        """Give the player the names that the visible part of a check defined: later cells may use
        them.
        """
        for name in sorted((names_set(visible) - before) & set(self.names)):
            value, known = self.names[name], set(self.mine)
            own = getattr(value, "__module__", "__main__") == "__main__"
            if own and not inspect.ismodule(value):
                with contextlib.suppress(NotCarried):
                    super().request("names", {name: value})
                    self.kept |= set(self.mine) - known

    def _take_back(self) -> None:
        """After a check: what it handed out can no longer be used."""
        for thing, number in list(self.numbers.items()):
            if number not in self.kept:
                del self.numbers[thing], self.mine[number]
                self.described.discard(number)

    def _run(self, source: str, printed: io.StringIO | None = None) -> str:
        """Run official code; give its error, empty if there was none.

        Raises NotCarried and Gone.
        """
        with (
            contextlib.redirect_stdout(printed or io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            try:
                exec(compile(source, "<check>", "exec"), self.names)
            except (NotCarried, Gone):
                raise
            except Exception as error:
                if cause := _cause(error, (NotCarried, Gone)):
                    raise cause from None
                return f"{type(error).__name__}: {error}"
        return ""

    # ----- what the player asks for

    def do(self, what: str, *rest: Any) -> Any:
        """What the player may ask for: to call functions that a check handed out, and layers of a
        model that works for it.

        Raises PermissionError for anything else.
        """
        if what == "call":
            number, given, named, chance = rest
            called = self.mine.get(number)
            if not isinstance(called, FunctionType | functools.partial):
                raise PermissionError("only functions that a check handed out can be called")
            set_chance(chance)
            return called(*given, **named), chance_now()
        if what == "inner" and self.at_work:
            place, given, named, training = rest
            layers = self.at_work[-1]
            if type(place) is not int or not 0 <= place < len(layers):
                raise PermissionError("there is no such layer")
            mode = {} if training is None else {"training": bool(training)}
            return layers[place](*tensors(given), **tensors(named), **mode)
        raise PermissionError(f"{str(what)[:50]} is not for the submission")

    @contextlib.contextmanager
    def lent(self, layers: list) -> Iterator[None]:
        """While this lasts the player may call these layers."""
        self.at_work.append(layers)
        try:
            yield
        finally:
            self.at_work.pop()

    # ----- things

    def may_be_called(self, thing: Any) -> None:
        """Functions of a check's own, and nothing else."""
        if not isinstance(thing, FunctionType | functools.partial):
            raise NotCarried(f"{getattr(thing, '__name__', 'a thing')} of a check's")

    def refer_to_model(self, model: Any) -> tuple:
        """A model of a check's own."""
        number = self.number_of(model)
        known = number in self.described or number in self.fresh
        text = "" if known else configuration(model)
        self.fresh.add(number)
        return "model", number, text, state_of(model)

    def resolve(self, word: str, *parts: Any) -> Any:
        """What the player tells of.

        Raises Gone for what it was not handed, or what makes no sense.
        """
        number, *rest = parts
        if type(number) is not int:
            raise Gone("a number that is none")
        if word in ("yours", "your model"):
            if number not in self.mine:
                raise Gone("a thing that was not handed out")
            if word == "your model":
                set_state(self.mine[number], *rest)
            return self.mine[number]
        if word == "model":
            return self._model(number, *rest)
        if word == "own":
            return self._own(number, *rest)
        if number not in self.theirs:
            call = functools.partial(self._call, number)
            if word == "function":
                return self.keep(number, function(call, *rest))
            if word == "object":
                kind = type(str(rest[0])[:100], (StandIn,), {})
                return self.keep(
                    number, kind(functools.partial(self.request, "read", number), call)
                )
        return self.theirs[number]

    def _call(self, number: int, given: tuple, named: dict) -> Any:
        """Call a function of the player's.

        Arguments come back as it left them, and it draws the random numbers that it would draw
        here.
        """
        answer = self.request("call", number, given, named, chance_now())
        try:
            result, states, changed, chance = answer
            set_chance(chance)
            for model, state in zip(models_in([given, named]), states, strict=True):
                set_state(model, state)
            apply_changes([given, named], changed)
        except (TypeError, ValueError) as error:
            raise Gone(f"an answer of another form: {error}") from error
        return result

    def _model(self, number: int, config: str, state: list) -> Any:
        """A model of Keras' own parts.

        Raises NotCarried where it gives something else than these parts would.
        """
        if number in self.theirs:
            set_state(self.theirs[number], state)
            return self.theirs[number]
        model = built(config, trusted=False)
        set_state(model, state)
        self._compare(number, model)
        return self.keep(number, model)

    def _compare(self, number: int, model: Any) -> None:
        import keras
        import numpy as np

        shape = getattr(model, "input_shape", None) if model.built else None
        if not (isinstance(shape, tuple) and shape and all(isinstance(n, int) for n in shape[1:])):
            return
        random = np.random.default_rng(int.from_bytes(os.urandom(8)))
        inputs, before = random.normal(size=(4, *shape[1:])).astype("float32"), state_of(model)
        try:
            theirs = keras.tree.flatten(super().request("outputs", number, inputs))
            mine = keras.tree.flatten([model(inputs, training=mode) for mode in (False, True)])
            pairs = zip(map(np.asarray, theirs), (one.numpy() for one in mine), strict=True)
            same = [np.allclose(*pair, rtol=1e-3, atol=1e-4, equal_nan=True) for pair in pairs]
        except (Gone, NotCarried):
            raise
        except Exception as error:
            raise NotCarried(f"a model that cannot be tried: {str(error)[:200]}") from error
        finally:
            set_state(model, before)
        if not all(same):
            raise NotCarried("a model that gives something else than its configuration says")

    def _own(self, number: int, description: dict | None, state: list) -> Any:
        from coursekit.grading.sandbox.inside.own_models import Own

        model = self.theirs.get(number) or self.keep(number, Own(self, number))
        try:
            if description:
                model.tell(description)
        except (IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
            raise Gone(f"a description that is none: {error}") from error
        set_state(model, state)
        return model


class Names(dict):
    """Global names of the judge.

    To read one whose value cannot leave the player raises NotCarried.
    """

    def __init__(self, names: dict):
        super().__init__(names)
        self.staying: dict[str, str] = {}

    def stay(self, name: str, why: str) -> None:
        """Have a name stand for what cannot leave the player."""
        self[name] = None
        self.staying[name] = why

    def __setitem__(self, name: str, value: Any) -> None:
        self.staying.pop(name, None)
        super().__setitem__(name, value)

    def __getitem__(self, name: str) -> Any:
        if name in self.staying:
            raise NotCarried(self.staying[name])
        return super().__getitem__(name)


def _cause(error: BaseException, kinds: tuple) -> BaseException | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kinds):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
