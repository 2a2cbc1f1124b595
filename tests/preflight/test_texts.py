import pytest

from kerasapp.preflight.texts import of_texts, wrongly_decoded


def test_empty_and_far_too_long_texts_are_named(split, brief):
    texts = ["a text like the others"] * 50
    texts[3], texts[4], texts[5] = "", " \t", "word " * 5000
    assert brief(of_texts(split(text=texts))) == [
        ("empty_text", "warning", "row 3"), ("empty_text", "warning", "row 4"), ("long_text", "warning", "row 5"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["naïve café, žluťoučký kůň", "Привет", "東京", "€ 5, “quoted” …", "Ünïcödé", "façade\n"]
)
def test_texts_of_any_language_are_well_decoded(text):
    assert wrongly_decoded(text) is None


@pytest.mark.parametrize("text", ["naïve café", "Привет", "東京", "“quoted”"])
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_utf8_that_was_read_as_western_european_is_seen(text, wrong):
    garbled = text.encode().decode(wrong, errors="ignore" if wrong == "cp1252" else "strict")
    if garbled.encode(wrong) == text.encode():
        assert "UTF-8 read as" in wrongly_decoded(garbled)


@pytest.mark.parametrize("text", ["caf\ufffd", "a\0b", "bell\x07"])
def test_signs_that_stand_for_none_are_seen(text):
    assert "holds the sign U+" in wrongly_decoded(text)


def test_cells_of_any_column_of_words_are_looked_at(split, brief):
    assert brief(of_texts(split(city=["Zürich", "ZÃ¼rich"], size=[1, 2]))) == [("wrongly_decoded", "warning", "row 1")]
