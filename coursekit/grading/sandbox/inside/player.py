"""The player: it runs the submission."""

import contextlib
import io
import os
import sys
import traceback
from typing import Any

from coursekit.grading.sandbox.inside.channel import Channel, Gone
from coursekit.grading.sandbox.inside.originals import attributes, name_of
from coursekit.grading.sandbox.inside.peer import Peer, text_of

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
    """Runs the submission, and what the judge asks of it."""

    def __init__(self, channel: Channel, output_bytes: int):
        super().__init__(channel, trusts=True)
        from IPython.core.displaypub import CapturingDisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from matplotlib_inline.backend_inline import configure_inline_support
        from traitlets.config import Config

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
        self.remembered: list[dict] = []
        self.put_back: set[str] = set()  # what a submission had replaced and a check has put back

    def serve(self) -> None:
        """Answer until the judge goes."""
        with contextlib.suppress(Gone):
            while True:
                self.answer(self.channel.receive()[1:])

    def do_run(self, source: str, wanted: list[str]) -> tuple[list, str, dict[str, Any]]:
        """Run a cell; give its outputs, its error and those of its names that checks ask for."""
        before = {name: self.shell.user_ns.get(name) for name in wanted}
        done = self.run_cell(source, store_history=False)
        outputs = self._outputs(done)
        error = done.error_before_exec or done.error_in_exec
        after = self.shell.user_ns
        changed = {
            name: after[name]
            for name in wanted
            if name in after and after[name] is not before[name]
        }
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
            lines = traceback.format_exception(type(error), error, error.__traceback__)
            own = [line for line in lines if "site-packages" not in line]
            outputs.append(
                {
                    "output_type": "error",
                    "ename": type(error).__name__,
                    "evalue": str(error),
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

    def do_value(self, name: str) -> dict[str, Any]:
        """The value of a global name, if there is one."""
        return {name: self.shell.user_ns[name]} if name in self.shell.user_ns else {}

    def do_remember(self) -> None:
        """Keep what global names mean now, for a check that comes later."""
        self.remembered.append(dict(self.shell.user_ns))

    def do_check(self, imports: str, source: str) -> str:
        """Run a check here as if it had come when it was remembered, with the official imports and nothing replaced.

        Gives its error, empty if it passed. Checks come in the order in which they were remembered.
        """
        self.shell.user_ns.clear()
        self.shell.user_ns.update(self.remembered.pop(0))
        for (owner, name), value in self._replaced().items():
            self.put_back.add(name_of(owner, name))
            with contextlib.suppress(Exception):
                setattr(owner, name, value)
        done = self.run_cell(imports + "\n" + source, store_history=False)
        self.said.take()
        self.shell.display_pub.outputs.clear()
        error = done.error_before_exec or done.error_in_exec
        return f"{type(error).__name__}: {text_of(error)}" if error else ""

    def do_replaced(self, names: dict[str, str]) -> list[str]:
        """What the submission has replaced so far: official imports, by name and module, and parts of what checks use."""
        for name, where in names.items():
            module, _, attribute = where.partition(":")
            official = sys.modules.get(module)
            official = getattr(official, attribute, None) if attribute else official
            if self.shell.user_ns.get(name, official) is not official:
                self.put_back.add(name)
        self.put_back |= {name_of(*part) for part in self._replaced()}
        return sorted(self.put_back)

    def _replaced(self) -> dict[tuple[Any, str], Any]:
        return {
            (owner, name): value
            for (owner, name), value in self.originals.items()
            if (owner.__code__ if name == "__code__" else vars(owner).get(name)) is not value
        }
