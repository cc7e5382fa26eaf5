"""The judge: it leads a submission through its notebook and runs the checks."""

import contextlib
import inspect
import io
import time
from collections.abc import Callable
from typing import Any

from coursekit.grading.sandbox.inside.channel import Channel, Gone, NotCarried
from coursekit.grading.sandbox.inside.peer import Peer
from coursekit.grading.sandbox.inside.sources import imports_of, names_set, names_used


class Judge(Peer):
    """Leads a submission through its notebook and runs the checks."""

    def __init__(self, channel: Channel, report: Callable[[dict], None]):
        super().__init__(channel, trusts=False)
        self.report = report
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.students: dict[str, Any] = {}  # what the student defined, as stand-ins
        self.sent: dict[
            str, Any
        ] = {}  # official names that the player was given in place of the student's

    def request(self, *message: Any) -> Any:
        """As ``Peer.request``; first, the player gets to know which of the student's names a check has replaced."""
        changed = {}
        for name, own in self.students.items():
            now = self.names.get(name, own)
            if now is not self.sent.get(name, own):
                changed[name] = self.sent[name] = now
        if changed:
            super().request("names", changed)
        return super().request(*message)

    def lead(self, cells: list[dict]) -> None:
        """Run all cells; report each as it starts and ends.

        A cell has ``kind`` (given, student, check), ``source``, ``visible`` (a check's source without hidden tests), and
        ``player`` (whether a given cell runs in the player, too).
        """
        import keras

        wanted = names_used([cell["source"] for cell in cells if cell["kind"] == "check"])
        given = "\n".join(cell["source"] for cell in cells if cell["kind"] == "given")
        self.imports, imported = imports_of(given)
        set_seed = keras.utils.set_random_seed

        def set_both(seed: int) -> None:
            set_seed(seed)
            super(Judge, self).request("seed", int(seed))

        keras.utils.set_random_seed = set_both
        set_both(0)
        kinds = {"given": self._given, "student": self._student, "check": self._check}
        for number, cell in enumerate(cells):
            if cell["kind"] not in kinds:  # left out
                continue
            self.report({"started": number})
            start = time.perf_counter()
            try:
                result = kinds[cell["kind"]](cell, wanted)
            except (Gone, NotCarried):
                raise
            except Exception as error:  # the player could not do what was asked
                result = {"outputs": [], "error": type(error).__name__, "message": repr(error)}
            self.report({"ended": number, "seconds": time.perf_counter() - start, **result})
        self.report({"replaced": super().request("replaced", imported)})
        # Last, since the submission could keep what it sees of hidden tests and print it in a later cell.
        for number, cell in enumerate(cells):
            if cell["kind"] == "check":
                self.report({"started": number})
                self.report(self._inside(number, cell))
        self.report({"replaced": super().request("replaced", imported)})

    def do(self, what: str, *rest: Any) -> Any:
        """What the player may ask for: to call functions that a check handed it, and to read in lists."""
        if what == "call" or (what == "operate" and rest[1] != "attribute"):
            return super().do(what, *rest)
        raise PermissionError(f"{what} is not for the submission")

    def _given(self, cell: dict, wanted: set[str]) -> dict:
        outputs, error, _ = (
            super().request("run", cell["source"], []) if cell["player"] else ([], "", {})
        )
        official = self._run(cell["source"])
        if official and not error:
            return {"outputs": outputs, "problem": f"a given cell failed: {official}"}
        wanted -= names_set(cell["source"]) | set(
            imports_of(cell["source"])[1]
        )  # what is given stays official
        return {"outputs": outputs}

    def _student(self, cell: dict, wanted: set[str]) -> dict:
        try:
            outputs, error, changed = super().request("run", cell["source"], sorted(wanted))
        except (
            NotCarried
        ):  # some value of the student's cannot leave: only checks that want it will mind
            outputs, error, changed = super().request("run", "", [])
            changed = {}
            for name in sorted(wanted):
                with contextlib.suppress(NotCarried, NameError):
                    changed |= super().request("value", name)
        for name, value in changed.items():
            self.names[name] = self.students[name] = value
            self.sent.pop(name, None)
        return {"outputs": outputs, "error": error}

    def _check(self, cell: dict, wanted: set[str]) -> dict:
        before, printed = set(self.names), io.StringIO()
        try:
            found = {"message": self._run(cell["source"], printed), "printed": printed.getvalue()}
        except NotCarried as why:
            found = {"stays": str(why) or "something that cannot leave its process"}
        self.request("remember")
        self._publish(cell["visible"], before)
        return found

    def _inside(self, number: int, cell: dict) -> dict:
        start = time.perf_counter()
        try:
            message = str(self.request("check", self.imports, cell["source"]))
        except RuntimeError as error:  # the player could not do what was asked
            message = f"RuntimeError: {error}"
        return {
            "inside": number,
            "inside_message": message,
            "inside_seconds": time.perf_counter() - start,
        }

    def _publish(self, visible: str, before: set[str]) -> None:
        """Give the player the names that the visible part of a check defined: later cells may use them."""
        new = names_set(visible) - before
        for name in sorted(new & set(self.names)):
            value = self.names[name]
            if getattr(value, "__module__", "__main__") == "__main__" and not inspect.ismodule(
                value
            ):
                with contextlib.suppress(NotCarried):
                    super().request("names", {name: value})

    def _run(self, source: str, printed: io.StringIO | None = None) -> str:
        """Run official code; give its error, empty if there was none. Raises NotCarried and Gone."""
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


def _cause(error: BaseException, kinds: tuple) -> BaseException | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kinds):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
