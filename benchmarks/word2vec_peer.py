"""The peer of word2vec.py: gensim on the same text, with the same settings.

python benchmarks/word2vec_peer.py TEXT OUT.bin '{"sg": 1, ...}'        prints a line of JSON
"""

import json
import sys
import time

from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence


def main() -> None:
    text, out, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    begun = time.perf_counter()
    model = Word2Vec(**{key: value for key, value in settings.items() if key != "epochs"})
    model.build_vocab(LineSentence(text))
    ready = time.perf_counter()
    model.train(LineSentence(text), total_examples=model.corpus_count, epochs=settings["epochs"])
    done = time.perf_counter()
    model.wv.save_word2vec_format(out, binary=True)
    words = model.corpus_total_words * settings["epochs"]
    print(json.dumps({"vocabulary": ready - begun, "train": done - ready, "words": words, "size": len(model.wv)}))


if __name__ == "__main__":
    main()
