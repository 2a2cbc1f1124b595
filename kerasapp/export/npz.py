"""NumPy's archive as a run keeps it: words as UTF-8 bytes and their offsets, counts, vectors."""

from kerasapp.export._vectors import VectorsFile

USAGE = """\
```python
import numpy as np

file = np.load("saved_models/{name}/VERSION/vectors.npz")
content, ends = file["words"].tobytes(), file["words|offsets"]
vectors = {{content[a:b].decode(): row for a, b, row in zip(ends, ends[1:], file["vectors"])}}
```
"""
FORMAT = VectorsFile("vectors.npz", "npz", USAGE)
load, write, verify, describe = FORMAT.load, FORMAT.write, FORMAT.verify, FORMAT.describe
