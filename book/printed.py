"""Keeps what a cell shows, as far as a page can bear it, whatever the cell shows."""

from typing import Any

from jupyter_client import KernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_output

MOST_BYTES = 4_000_000  # that a cell may show: a page of more is a burden to its reader
MOST_MESSAGES = 5_000
SHOWN = "stream", "display_data", "update_display_data", "execute_result", "error"
COUNT = "bytes", "kB", "MB", "GB"


class Client(NotebookClient):
    """Runs a notebook, knows the cell that is running, and keeps no more of its outputs than a page can bear."""

    def __init__(self, nb: NotebookNode, kernel: KernelManager, **options: Any) -> None:
        super().__init__(nb, kernel, **options)
        self.owns_km = True  # to end it
        self.running = 0  # the cell's number, from 1
        self.on_cell_execute = self._begin
        self.on_cell_executed = self._end

    def _begin(self, cell: NotebookNode, cell_index: int) -> None:
        self.running = cell_index + 1
        self._empty()

    def _empty(self) -> None:
        self.bytes_kept = 0
        self.messages_kept = 0
        self.bytes_lost = 0

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Keep an output if there is room for it; a text may be cut, see below."""
        if msg["msg_type"] in SHOWN:
            is_text = msg["msg_type"] == "stream" and "text" in msg["content"]
            if not is_text and msg["size"] > self._room():
                self.bytes_lost += msg["size"]
                return None
            self._count(0 if is_text else msg["size"])
        return super().process_message(msg, cell, cell_index)

    def _room(self) -> int:
        return MOST_BYTES - self.bytes_kept if self.messages_kept < MOST_MESSAGES else 0

    def _count(self, growth: int) -> None:
        """What is kept grows; a text that writes over itself, as a bar does, may go on."""
        self.bytes_kept += growth
        self.messages_kept += growth > 0

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Put what is printed to what was printed before, as far as there is room."""
        out = super().output(outs, msg, display_id, cell_index)
        if out and out.output_type == "stream":
            growth, lost = join(outs, self._room())
            self._count(growth)
            self.bytes_lost += lost
        return out

    def clear_output(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        super().clear_output(outs, msg, cell_index)
        self._empty()

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Let widgets talk: no page has what would listen."""

    def _end(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        if self.bytes_lost:
            left_out = f"\n... {size(self.bytes_lost)} more were not kept\n"
            cell.outputs.append(new_output("stream", name="stdout", text=left_out))
            join(cell.outputs, len(left_out))
        put_stdout_first(cell.outputs)


def join(outputs: list[NotebookNode], room: int) -> tuple[int, int]:
    """Join the last output, a stream, to an earlier one of the same name, which may grow by so many characters.

    Returns:
        By how many it grew, and how many were cut off.
    """
    last = outputs.pop()
    stream = next((output for output in outputs if output.get("name") == last.name), None)
    before = stream.text if stream else ""
    done, newline, line = before.rpartition("\n")
    text = done + newline + overwritten(line + last.text)
    last.text = text[: len(before) + room]
    if stream:
        stream.text = last.text
    elif last.text:
        outputs.append(last)
    return len(last.text) - len(before), len(text) - len(last.text)


def overwritten(text: str) -> str:
    """The text as a terminal would show it: in a line, what comes after a carriage return replaces what was before.

    Example:
        >>> overwritten("10 %\\r20 %\\nend")
        '20 %\\nend'
    """
    if "\r" not in text:
        return text
    return "\n".join(map(_last_state, text.split("\n")))


def _last_state(line: str) -> str:
    # One at the end goes with the newline, or waits for what comes.
    return line[line.rfind("\r", 0, len(line) - line.endswith("\r")) + 1 :]


def put_stdout_first(outputs: list[NotebookNode]) -> None:
    """Bring neighbours into one order: two streams arrive as they please."""
    for i, pair in enumerate(zip(outputs, outputs[1:])):
        if [output.get("name") for output in pair] == ["stderr", "stdout"]:
            outputs[i : i + 2] = reversed(pair)


def size(count: float) -> str:
    """A number of bytes for people.

    Example:
        >>> size(299_400_000)
        '299 MB'
    """
    for unit in COUNT[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} {COUNT[-1]}"
