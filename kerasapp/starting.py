"""Starting TensorFlow in silence, for the command line and for Python."""

import os
import sys
import tempfile


def start_tensorflow() -> None:
    """Imports TensorFlow with its start-up chatter kept off the terminal; it is replayed if the import fails.

    Folds and seeds train many models in one process: that each is traced once is no cause for a warning. Nothing is
    done where TensorFlow is there already.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
            tf.constant(1)
            tf.get_logger().addFilter(lambda record: "retracing" not in record.getMessage())
        except Exception:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
