"""TensorBoard's event files: records appended to one file a folder and process, cut back exactly on a resume.

The records go through TensorFlow's own TFRecord writer (a scalar costs about 20 microseconds, a tenth of
`tf.summary.scalar`).
"""

import os
import socket
import time
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from kerasapp.callbacks._shared import saving
from kerasapp.files import flush

VERSION = "brain.Event:2"
KEPT = "What was written before is kept"


class EventFiles:
    """Event files in `folder` and folders below it, which TensorBoard shows as one run each."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._open: dict[str, tuple[Path, tf.io.TFRecordWriter]] = {}

    def add(self, part: str, step: int, summary: Summary) -> None:
        """Appends a summary to the files of a part: `train`, `validation`, or the folder itself, ``.

        TensorBoard's helpers give TensorFlow's own class of it or TensorBoard's copy; both have the same bytes.
        """
        own = Summary.FromString(summary.SerializeToString())
        self._write(part, Event(wall_time=time.time(), step=step, summary=own))

    def add_graph(self, part: str, graph: bytes) -> None:
        """Appends a serialised GraphDef."""
        self._write(part, Event(wall_time=time.time(), graph_def=graph))

    def flush(self) -> None:
        """Hands everything to the system. Raises WorkError where the disk is full."""
        for path, writer in self._open.values():
            with saving(path, "TensorBoard's events", KEPT):
                writer.flush()

    def close(self) -> None:
        for path, writer in self._open.values():
            with saving(path, "TensorBoard's events", KEPT):
                writer.close()
        self._open = {}

    def sizes(self) -> dict[str, int]:
        """Bytes of each file, all of them on disk by then: what `cut` goes back to."""
        self.flush()
        for path, _ in self._open.values():
            flush(path)
        return {str(path.relative_to(self.folder)): path.stat().st_size for path in self._files()}

    def cut(self, sizes: dict[str, int]) -> None:
        """Takes back what was appended after `sizes`; what comes goes to new files. `{}` starts anew."""
        self.close()
        for path in self._files():
            size = sizes.get(str(path.relative_to(self.folder)))
            if size is None:
                path.unlink()
            elif size < path.stat().st_size:
                os.truncate(path, size)

    def _files(self) -> list[Path]:
        return sorted(self.folder.rglob("events.out.tfevents.*"))

    def _write(self, part: str, event: Event) -> None:
        if part not in self._open:
            path = self._new(self.folder / part)
            with saving(path, "TensorBoard's events", KEPT):
                path.parent.mkdir(parents=True, exist_ok=True)
                self._open[part] = path, tf.io.TFRecordWriter(str(path))
            self._write(part, Event(wall_time=time.time(), file_version=VERSION))
        path, writer = self._open[part]
        with saving(path, "TensorBoard's events", KEPT):
            writer.write(event.SerializeToString())

    @staticmethod
    def _new(folder: Path) -> Path:
        """TensorBoard reads a folder's files in the order of their names: by time, and never before those that are
        there.
        """
        there = [int(path.name.split(".")[3]) for path in folder.glob("events.out.tfevents.*")]
        number = max([int(time.time()), *(n + 1 for n in there)])
        return folder / f"events.out.tfevents.{number:010d}.{socket.gethostname()}.{os.getpid()}"
