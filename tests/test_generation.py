"""The verbs' work, on two runs of seconds."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasapp import generation
from kerasapp.cli import run as cli
from kerasapp.errors import KerasappError, RecipeError, RunError
from kerasapp.export import export
from kerasapp.pictures import pixels_of
from kerasapp.recipe import load
from kerasapp.training import Manner, evaluate_features, reproduce, train

PLAIN = Manner(pages=False)
RECIPE = """\
title: T
seed: 0
task: {{name: image_generation, draw_every: 1}}
data: {{name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 90}}
model: {model}
train: {{epochs: 2, batch_size: 16}}
"""
MODELS = {
    "gan": "{name: dcgan, filters: 4, latent_dimensions: 3, conditional: true}",
    "coder": "{name: vae, units: [16], latent_dimensions: 2}",
    "plain": "{name: autoencoder, units: [16], latent_dimensions: 2}",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("generation")


@pytest.fixture(scope="module")
def run_of(root):
    made = {}

    def run(name):
        if name not in made:
            (root / f"{name}.yaml").write_text(RECIPE.format(model=MODELS[name]))
            made[name] = train(load(root / f"{name}.yaml"), root)
        return made[name]

    return run


@pytest.fixture
def files(tmp_path):
    paths = []
    for number, image in enumerate(np.random.default_rng(0).integers(0, 256, (3, 8, 8)).astype(np.uint8)):
        paths.append(str(tmp_path / f"in{number}.png"))
        Image.fromarray(image).save(paths[-1])
    return paths


def test_the_same_seed_draws_the_same_and_another_other_pictures(run_of):
    run = run_of("gan")
    first, again, other = (generation.generate(run, count=6, seed=seed) for seed in (1, 1, 2))
    assert first.shape == (6, 8, 8, 1) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    one = generation.generate(run, count=6, seed=1, label="2")
    np.testing.assert_array_equal(one[2], first[2])  # the third of all classes in turn is of the class 2
    assert not np.array_equal(one[0], first[0])
    with pytest.raises(KerasappError, match='--label: no class "7"'):
        generation.generate(run, count=1, seed=0, label="7")


def test_a_row_of_an_interpolation_changes_little_by_little(run_of):
    rows = generation.generate(run_of("coder"), count=20, seed=1, interpolate=True).astype(float)
    steps = np.abs(np.diff(rows[:10], axis=0)).mean((1, 2, 3))
    assert steps.max() <= np.abs(rows[9] - rows[0]).mean() + 1e-9
    assert steps.max() < np.abs(rows[10] - rows[9]).mean() + np.abs(rows[9] - rows[0]).mean()


def test_the_sheet_and_files_of_their_own(run_of, tmp_path):
    images = generation.generate(run_of("gan"), count=11, seed=0)
    (sheet,) = generation.write_sheet(images, tmp_path / "s.png")
    assert np.asarray(Image.open(sheet)).shape == (3 * 50 + 2, 4 * 50 + 2)
    paths = generation.write_each(images, tmp_path / "each")
    assert [path.rpartition("/")[2] for path in paths[::10]] == ["01.png", "11.png"]
    np.testing.assert_array_equal(np.asarray(Image.open(paths[4])), images[4, ..., 0])
    with pytest.raises(KerasappError, match=r"a sheet is a \.png"):
        generation.check_sheet(run_of("gan"), tmp_path / "s.gif", 11)


def test_a_sheet_that_no_viewer_opens_is_refused_before_it_is_drawn(run_of, tmp_path, capsys):
    run, out = str(run_of("gan").path), str(tmp_path / "s.png")
    assert cli(["generate", run, "--count", "1000000", "--out", out]) == 2
    most = 2**26 // 50**2  # each of 8x8 pixels is drawn as 48x48, with a gap of 2
    assert f"--count 1000000: a sheet holds {most} of these at most" in capsys.readouterr().err
    generation.check_sheet(run_of("gan"), tmp_path / "s.png", most)


def test_what_was_given_is_never_replaced(run_of, files, tmp_path):
    before = [Path(file).read_bytes() for file in files]
    with pytest.raises(KerasappError, match=r"in0\.png is one of the pictures given"):
        generation.reconstruct(run_of("coder"), files, tmp_path / "x" / "..")
    with pytest.raises(KerasappError, match=r"in1\.png is one of the pictures given"):
        generation.encode(run_of("coder"), files, Path(files[1]))
    assert [Path(file).read_bytes() for file in files] == before


def test_codes_and_what_they_bring_back_are_the_models(run_of, files, tmp_path):
    run = run_of("coder")
    model = run.model()
    images = np.stack([np.asarray(Image.open(file)) for file in files])[..., None].astype("float32") / 255
    generation.encode(run, files, tmp_path / "codes.csv")
    rows = list(csv.reader((tmp_path / "codes.csv").open()))
    assert rows[0] == ["input", "code_1", "code_2"] and [row[0] for row in rows[1:]] == files
    np.testing.assert_allclose(np.array([row[1:] for row in rows[1:]], float), model.encode(images), atol=1e-5)
    paths, errors = generation.reconstruct(run, [*files, files[0]], tmp_path / "back")
    assert [path.rpartition("/")[2] for path in paths] == ["in0.png", "in1.png", "in2.png", "in0_2.png"]
    back = model.decode(model.encode(images)).numpy()
    np.testing.assert_array_equal(np.asarray(Image.open(paths[1])), np.rint(255 * back[1, ..., 0]))
    np.testing.assert_allclose(errors[:3], np.square(back - images).mean((1, 2, 3)), rtol=1e-4)


def test_what_a_model_cannot_do_is_told(run_of, files, tmp_path):
    with pytest.raises(RunError, match="a vae or an autoencoder does both"):
        generation.encode(run_of("gan"), files, tmp_path / "codes.csv")
    with pytest.raises(RunError, match="no distribution to draw codes from"):
        generation.generate(run_of("plain"), count=1, seed=0)
    assert cli(["predict", str(run_of("gan").path), *files]) == 2


def test_a_start_from_codes_of_another_size_is_refused(run_of, root):
    text = RECIPE.format(model=MODELS["gan"].replace("latent_dimensions: 3", "latent_dimensions: 5"))
    (root / "other.yaml").write_text(text)
    recipe = load(root / "other.yaml").replaced({"train.init_from": str(run_of("gan").path)})
    with pytest.raises(RunError, match="has codes of 3 numbers, and this model of 5"):
        train(recipe, root)
    text = RECIPE.format(model="{name: mlp}").replace("image_generation, draw_every: 1", "image_classification")
    (root / "other.yaml").write_text(text)
    recipe = load(root / "other.yaml").replaced({"train.init_from": str(run_of("gan").path)})
    with pytest.raises(RunError, match="no layer in common"):  # what has no codes is not asked how many
        train(recipe, root)


def test_a_stage_that_keeps_both_optimizers_may_name_their_rates(root):
    (root / "stages.yaml").write_text(RECIPE.format(model=MODELS["gan"]))
    kept = {"epochs": 1, "keep_optimizer": True, "optimizers.generator.learning_rate": 0.003}
    changes = {
        "train.optimizers": {"generator": {"name": "Adam", "use_ema": True}},
        "train.stages": [{"epochs": 1, "trainable": ["down_*", "score*"]}, kept],
    }
    run = train(load(root / "stages.yaml").replaced(changes), root, manner=PLAIN)
    first, second = (pixels_of(file.read_bytes()) for file in sorted((run.path / "sheets").glob("*.png")))
    assert first[2:50, 2:50].std() > 0, "averages of what was not trained are no black picture"
    assert not np.array_equal(first, second)
    kept["optimizers.generator.beta_1"] = 0.9
    with pytest.raises(RecipeError, match="beta_1 can't change where the optimizer is kept"):
        load(root / "stages.yaml").replaced(changes)


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"data.image_shape": [8, 12, 1]}, "8x12, and it makes squares of 8, 10, 12"),
        ({"train.batch_size": 128}, "training examples, fewer than a batch of 128"),
        ({"train.optimizers": {"critic": {"name": "Adam"}}}, 'no optimizer "critic"'),
        ({"train.mixed_precision": True}, "in float32"),
        ({"train.monitor": {"metric": "elbo", "mode": "max"}}, 'no metric "elbo".* There are d_accuracy, d_fake'),
        ({"train.monitor": {"metric": "val_fid", "mode": "min"}}, 'no metric "val_fid"'),
        ({"task.features": "nowhere"}, "nowhere: no such run"),
        ({"task.features": "InceptionV3", "task.feature_samples": 1}, "10 pictures or more"),
        ({"train.layer_decay": 0.5}, "at one rate for all layers"),
        ({"train.reduce_on_plateau": {"patience": 1}}, "lowers the rate of one"),
        ({"train.loss": {"name": "MeanSquaredError"}}, "the model has its own loss"),
        ({"task.normal": ["9"]}, 'no class "9"'),
    ],
)
def test_what_cannot_be_trained_is_told_before_the_first_step(root, changes, told):
    (root / "bad.yaml").write_text(RECIPE.format(model=MODELS["gan"]))
    with pytest.raises(RecipeError, match=told):
        train(load(root / "bad.yaml").replaced(changes), root)


@pytest.mark.parametrize("name", ["gan", "coder", pytest.param("plain", marks=pytest.mark.slow)])
def test_an_export_is_verified_and_a_report_shows_what_is_made(run_of, root, name):
    run = run_of(name)
    assert export(run, root=root)["verified"]["verified"] is True
    (told,) = run.report["splits"].values()
    assert told["metrics"] and told["sheets"] and run.report["headline"].endswith(".")
    assert (run.path / "plots" / "test_1.png").read_bytes()[1:4] == b"PNG"
    assert len(list((run.path / "sheets").glob("*.png"))) == 2
    assert (run.path / "samples.webp").exists()
    header = (run.path / "history.csv").read_text().splitlines()[0].split(",")
    assert ({"d_loss", "g_loss", "d_real", "d_fake", "d_gradient", "g_gradient", "diversity"} <= set(header)) == (
        name == "gan"
    )


def test_a_run_again_is_equal(run_of, root):
    told = reproduce(run_of("coder"), lambda recipe, before: train(recipe, root, before=before))
    assert told.differences == []


def test_the_sheets_are_in_tensorboard(run_of):
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    drawn = [
        (event.step, value.tensor.string_val[2])
        for file in (run_of("gan").path / "logs").glob("events.*")
        for event in EventFileLoader(str(file)).Load()
        for value in event.summary.value
        if value.tag == "drawn"
    ]
    last = (run_of("gan").path / "sheets" / "epoch_00002.png").read_bytes()
    assert [step for step, _ in drawn] == [1, 2] and drawn[-1][1] == last
    assert pixels_of(last).shape[2] == 1


def test_distances_by_a_classifier_of_ours_and_by_a_model_in_a_file(run_of, root, tmp_path):
    import keras

    text = RECIPE.format(model="{name: cnn, blocks: 1, filters: 4, units: [8]}")
    (root / "judge.yaml").write_text(text.replace("image_generation, draw_every: 1", "image_classification"))
    judge = train(load(root / "judge.yaml"), root, manner=PLAIN)
    told = evaluate_features(run_of("gan"), str(judge.path), split="train", count=60, root=root)
    assert {"fid", "kid", "precision", "recall", "confidence"} <= told["metrics"].keys()
    assert sum(told["shares"].values()) == pytest.approx(100, abs=0.1) and list(told["shares"]) == ["0", "1", "2"]
    flat = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    flat.save(tmp_path / "flat.keras")
    by_pixels = evaluate_features(run_of("gan"), str(tmp_path / "flat.keras"), split="train", count=60, root=root)
    assert by_pixels["metrics"]["fid"]["value"] > 0 and "shares" not in by_pixels


def test_precision_and_recall_are_of_examples_from_all_of_a_split(run_of, root, tmp_path, monkeypatch):
    """Which may lie there class by class."""
    import keras

    from kerasapp.training import _generated

    seen = []
    keep = _generated.precision_recall
    monkeypatch.setattr(_generated, "precision_recall", lambda *both: (seen.extend(both), keep(*both))[1])
    monkeypatch.setattr(_generated, "FOR_PRECISION", 7)
    flat = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    flat.save(tmp_path / "flat.keras")
    run = run_of("gan")
    evaluate_features(run, str(tmp_path / "flat.keras"), split="train", count=60, root=root)
    whole = _generated.real_pixels(run.task, run.splits()["train"], 60).reshape(60, -1) / 255
    np.testing.assert_allclose(seen[0], whole[np.linspace(0, 59, 7).astype(int)], atol=1e-6)
    assert len(seen[1]) == 7


def test_other_measures_beside_features_are_refused(run_of, capsys):
    assert cli(["evaluate", str(run_of("gan").path), "--features", "x", "--data", "y"]) == 2
    assert "--data and word tests are of no use" in capsys.readouterr().err


def test_a_distance_is_measured_while_it_trains_and_may_choose_the_model(root, tmp_path):
    import keras

    flat = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    flat.save(tmp_path / "flat.keras")
    (root / "judged.yaml").write_text(RECIPE.format(model=MODELS["gan"]))
    changes = {
        "task.features": str(tmp_path / "flat.keras"),
        "task.feature_samples": 40,
        "data.split": {"validation": 0},
        "train.monitor": {"metric": "val_fid", "mode": "min"},
        "train.keep": "best",
        "train.measure_every": 2,
    }
    run = train(load(root / "judged.yaml").replaced(changes), root, manner=PLAIN)
    rows = list(csv.DictReader((run.path / "history.csv").open()))
    assert rows[0]["val_fid"] == "" and float(rows[1]["val_fid"]) > 0 and rows[1]["val_kid"]
    assert run.report["training"]["best_epoch"] == 2
