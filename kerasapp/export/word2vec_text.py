"""word2vec's text form, which gensim, spaCy and most others read: a header, then a line a word."""

from kerasapp.export._vectors import VectorsFile

USAGE = """\
```python
from gensim.models import KeyedVectors

words = KeyedVectors.load_word2vec_format("saved_models/{name}/VERSION/vectors.txt")
print(words.most_similar(words.index_to_key[0]))
```
"""
FORMAT = VectorsFile("vectors.txt", "word2vec_text", USAGE)
load, write, verify, describe = FORMAT.load, FORMAT.write, FORMAT.verify, FORMAT.describe
