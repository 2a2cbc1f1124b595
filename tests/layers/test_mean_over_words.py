import keras
import numpy as np
import pytest

from kerasapp.layers.mean_over_words import MeanOverWords


def test_what_is_masked_does_not_count_and_an_empty_text_is_zeros():
    words = np.arange(24, dtype="float32").reshape(2, 3, 4)
    mask = np.array([[True, True, False], [False, False, False]])
    mean = np.asarray(MeanOverWords()(words, mask=mask))
    assert mean[0] == pytest.approx(words[0, :2].mean(axis=0)) and not mean[1].any()
    assert np.asarray(MeanOverWords()(words)) == pytest.approx(words.mean(axis=1))


def test_an_embeddings_mask_arrives():
    tokens = keras.Input((None,), dtype="int32")
    embedding = keras.layers.Embedding(5, 3, mask_zero=True)
    model = keras.Model(tokens, MeanOverWords()(keras.layers.Dropout(0.5)(embedding(tokens))))
    table = embedding.get_weights()[0]
    given = model(np.array([[1, 4, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0]]), training=False)
    assert np.asarray(given) == pytest.approx(np.stack([table[[1, 4]].mean(axis=0), np.zeros(3), table[2]]), abs=1e-7)


def test_a_long_text_is_averaged_exactly_in_half_precision():
    layer = MeanOverWords(dtype="mixed_float16")
    mean = layer(np.full((1, 5000, 1), 30, "float16"))
    assert mean.dtype == "float16" and float(np.asarray(mean)[0, 0]) == 30
