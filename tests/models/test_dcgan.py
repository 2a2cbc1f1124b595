import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasapp.callbacks.averages import Averages
from kerasapp.models._adversarial import OBJECTIVES, Slowed
from kerasapp.models._stages import SIZES
from kerasapp.models.dcgan import build

SMALL = {"image_shape": (8, 8, 1), "filters": 4, "latent_dimensions": 3}


def images(count=6, shape=(8, 8, 1), seed=0):
    return tf.constant(np.random.default_rng(seed).random((count, *shape), "float32"))


def compiled(optimizer=None, optimizers=None, **settings):
    model = build(**{**SMALL, **settings})
    model.compile(optimizer or keras.optimizers.Adam(1e-2, beta_1=0.5), optimizers, run_eagerly=True)
    return model


def stepped(model, label=None):
    """The metrics of a step on six pictures, each as that step alone has it."""
    y = {"label": tf.one_hot(label, 3)} if label is not None else None
    model.reset_metrics()
    return {name: float(value) for name, value in model.train_step((images(), y)).items()}


@pytest.mark.parametrize("side", [8, 10, 28, 96])
def test_pictures_of_each_size_that_doubling_reaches_are_made_and_judged(side):
    model = build(image_shape=(side, side, 3), filters=2, latent_dimensions=3)
    made = model.decode(tf.zeros([2, 3]))
    assert made.shape == (2, side, side, 3)
    assert float(tf.reduce_min(made)) >= 0 and float(tf.reduce_max(made)) <= 1
    assert model(made).shape == (2, 1)


@pytest.mark.parametrize("shape", [(30, 30, 1), (8, 16, 1), (256, 256, 3)])
def test_a_size_that_it_cannot_reach_is_told_with_those_it_can(shape):
    with pytest.raises(ValueError, match=f"{shape[0]}x{shape[1]}.* 8, 10, 12, .*128 pixels a side"):
        build(image_shape=shape)
    assert min(SIZES) == 8 and max(SIZES) == 128


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss": "hinge", "spectral_normalization": True, "prior": "uniform"},
        {"loss": "wasserstein_gp", "d_steps": 2},
        {"loss": "least_squares", "label_smoothing": 0.1, "instance_noise": 0.1, "instance_noise_steps": 10},
        {"r1": 1.0, "dropout": 0.2},
        {"conditional": True, "num_classes": 3},
    ],
    ids=str,
)
def test_a_step_is_finite_and_changes_every_weight_of_both_networks(settings):
    keras.utils.set_random_seed(0)
    model = compiled(**settings)
    before = [weight.numpy() for weight in model.trainable_weights]
    told = stepped(model, [0, 1, 2, 0, 1, 2] if model.conditional else None)
    assert np.isfinite(list(told.values())).all() and {"d_loss", "g_loss", "d_gradient", "g_gradient"} <= told.keys()
    assert ("d_accuracy" in told) == (settings.get("loss") != "wasserstein_gp")
    pairs = zip(model.trainable_weights, before, strict=True)
    still = {weight.path for weight, old in pairs if np.array_equal(weight.numpy(), old)}
    assert still <= ({"score/bias"} if settings.get("loss") in ("hinge", "wasserstein_gp") else set()), (
        "that one's gradients of real and fake cancel"
    )
    assert int(model.discriminator_optimizer.iterations) == settings.get("d_steps", 1)
    assert int(model.optimizer.iterations) == 1
    assert set(model.test_step((images(), {"label": tf.one_hot([0, 1, 2, 0, 1, 2], 3)}))) >= {"d_loss", "g_loss"}


def test_each_of_the_two_steps_leaves_the_other_network_alone():
    model = compiled(keras.optimizers.SGD(0.1), {"generator": keras.optimizers.SGD(1e-20)})
    before = [weight.numpy() for weight in model.generator.trainable_weights]
    stepped(model)
    for weight, old in zip(model.generator.trainable_weights, before, strict=True):
        np.testing.assert_allclose(weight.numpy(), old, rtol=0, atol=1e-15)
    known = {id(v) for v in model.discriminator_optimizer._trainable_variables}
    assert known == {id(v) for v in model.discriminator.trainable_variables}
    assert model.run_eagerly


def test_only_its_own_step_changes_what_the_discriminators_normalisation_remembers():
    keras.utils.set_random_seed(0)
    model = compiled(dropout=0.5)
    seen = [v for v in model.discriminator.non_trainable_variables if "moving" in v.path]
    fakes = model._fakes(images(), None)
    with tf.GradientTape() as making:
        fakes = model._fakes(images(), None)
    before = [v.numpy() for v in seen]
    model._adversarial_step(making, fakes, None)
    told = model.test_step((images(),))
    assert seen and all(np.array_equal(v.numpy(), old) for v, old in zip(seen, before, strict=True))
    model._discriminator_step(images(), fakes, None)
    assert not any(np.array_equal(v.numpy(), old) for v, old in zip(seen, before, strict=True))
    assert told


def test_validation_judges_as_training_does_but_without_dropout():
    keras.utils.set_random_seed(0)
    model = compiled(dropout=0.5)
    plain = compiled()
    plain.discriminator.set_weights(model.discriminator.get_weights())
    expected = tf.reduce_mean(tf.sigmoid(plain.discriminator(images(), training=True)))
    assert float(model.test_step((images(),))["d_real"]) == pytest.approx(float(expected), rel=1e-4)
    again = model.discriminator(images(), training=True), model.discriminator(images(), training=True)
    assert not np.array_equal(*again), "dropout is back"


def test_a_step_is_that_of_the_form_which_makes_its_fakes_twice():
    """Both in the same order, without batch normalisation: the gradients and the losses of a plain GradientTape."""
    keras.utils.set_random_seed(1)
    model = compiled(keras.optimizers.SGD(0.1), discriminator_normalization="none")
    codes = tf.random.stateless_normal([6, 3], [1, 2])
    model._fakes = lambda images, label, training=True: model.generator(codes, training=training)
    peer = compiled(keras.optimizers.SGD(0.1), discriminator_normalization="none")
    peer.set_weights(model.get_weights())
    told = stepped(model)
    both = tf.concat([images(), peer.generator(codes, training=True)], 0)
    entropy, real = keras.losses.BinaryCrossentropy(from_logits=True), tf.constant([[1.0]] * 6 + [[0.0]] * 6)
    with tf.GradientTape() as tape:
        d_loss = entropy(real, peer.discriminator(both, training=True))
    variables = peer.discriminator.trainable_variables
    peer.discriminator_optimizer.apply(tape.gradient(d_loss, variables), variables)
    with tf.GradientTape() as tape:
        g_loss = entropy(tf.ones([6, 1]), peer.discriminator(peer.generator(codes, training=True), training=True))
    variables = peer.generator.trainable_variables
    peer.optimizer.apply(tape.gradient(g_loss, variables), variables)
    assert told["d_loss"] == pytest.approx(float(d_loss), abs=1e-5)
    assert told["g_loss"] == pytest.approx(float(g_loss), abs=1e-5)
    for mine, other in zip(model.trainable_weights, peer.trainable_weights, strict=True):
        np.testing.assert_allclose(mine.numpy(), other.numpy(), atol=1e-5, err_msg=mine.path)


def test_losses_are_those_of_their_papers():
    real, fake = tf.constant([[2.0], [-1.0]]), tf.constant([[0.5], [-3.0]])
    p, q = (1 / (1 + np.exp(-scores.numpy())) for scores in (real, fake))
    bce, hinge, wasserstein, squares = (OBJECTIVES[name] for name in OBJECTIVES)
    assert float(bce.discriminator(real, fake, 0.0)) == pytest.approx(-(np.log(p).mean() + np.log(1 - q).mean()) / 2)
    smoothed = -(0.9 * np.log(p) + 0.1 * np.log(1 - p)).mean() - np.log(1 - q).mean()
    assert float(bce.discriminator(real, fake, 0.1)) == pytest.approx(smoothed / 2), "real pictures alone"
    assert float(bce.generator(fake)) == pytest.approx(-np.log(q).mean())
    assert float(hinge.discriminator(real, fake, 0.0)) == pytest.approx((0 + 2) / 2 + (1.5 + 0) / 2)
    assert float(wasserstein.discriminator(real, fake, 0.0)) == pytest.approx(-1.25 - 0.5)
    assert float(wasserstein.generator(fake)) == pytest.approx(1.25)
    assert float(squares.discriminator(real, fake, 0.0)) == pytest.approx(((1 + 4) / 2 + (0.25 + 9) / 2) / 2)


def test_penalties_are_what_finite_differences_say():
    """Of a discriminator without normalisation the slope at a picture is the sum of squared differences."""
    model = compiled(loss="wasserstein_gp", discriminator_normalization="none", leak=1.0)
    picture = tf.constant(images(1))
    score = lambda x: float(model.discriminator(x)[0, 0])  # noqa: E731 - linear, as its leak is 1
    steps = np.eye(64, dtype="float32").reshape(64, 1, 8, 8, 1)
    slope = sum((score(picture + step) - score(picture)) ** 2 for step in steps)
    slope /= 4  # of pixels from -1 to 1, which lie twice as far apart
    expected = 10 * (np.sqrt(slope) - 1) ** 2
    assert float(model._gradient_penalty(picture, picture * 0.5, None)) == pytest.approx(expected, rel=1e-3)
    model._config["r1"] = 1.0
    assert float(model._scored(picture, None)[1]) == pytest.approx(slope, rel=1e-2)


@pytest.mark.parametrize("loss, share", [("bce", 0.5), ("hinge", 1.0)])
def test_r1_weighs_as_much_against_the_loss_as_in_its_paper(loss, share):
    """There the loss is a sum of what is lost on real pictures and on fakes; of `bce` it is here the mean."""
    keras.utils.set_random_seed(0)
    without = compiled(loss=loss, discriminator_normalization="none")
    keras.utils.set_random_seed(0)
    model = compiled(loss=loss, discriminator_normalization="none", r1=100.0)
    slope = float(model._scored(images(), None)[1])
    assert stepped(model)["d_loss"] == pytest.approx(stepped(without)["d_loss"] + share * 50 * slope, rel=1e-3)


def test_it_is_loaded_with_both_optimizers_as_it_was_saved(tmp_path):
    model = compiled(optimizers={"discriminator": keras.optimizers.Adam(4e-4)})
    stepped(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    codes = tf.random.stateless_normal([2, 3], [0, 0])
    np.testing.assert_array_equal(model.decode(codes), loaded.decode(codes))
    assert float(loaded.discriminator_optimizer.learning_rate) == pytest.approx(4e-4)
    assert float(loaded.optimizer.learning_rate) == pytest.approx(1e-2)


def test_a_schedule_lasts_as_long_for_a_discriminator_that_takes_more_steps(tmp_path):
    falling = keras.optimizers.schedules.PolynomialDecay(1.0, 10, 0.0)
    model = compiled(keras.optimizers.SGD(falling), d_steps=5)
    slowed = model.discriminator_optimizer._learning_rate
    assert isinstance(slowed, Slowed) and float(slowed(tf.constant(25))) == float(falling(5))
    again = Slowed.from_config(slowed.get_config())
    assert float(again(tf.constant(25))) == float(falling(5))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").discriminator_optimizer._learning_rate
    assert float(loaded(tf.constant(25))) == float(falling(5)), "slowed once"
    assert not isinstance(model.optimizer._learning_rate, Slowed)


@pytest.mark.parametrize("settings", [{}, {"conditional": True, "num_classes": 3}], ids=str)
def test_averaged_weights_are_normalised_by_what_they_themselves_make(settings):
    """So that their pictures are those of training mode, and training goes on with what it had seen."""
    keras.utils.set_random_seed(0)
    model = compiled(optimizers={"generator": keras.optimizers.Adam(0.1, use_ema=True, ema_momentum=0.9)}, **settings)
    label = [0, 1, 2, 0, 1, 2] if settings else None
    for _ in range(8):
        stepped(model, label)
    codes = tf.random.stateless_normal([600, 3], [1, 2])
    labels = tf.one_hot(tf.range(600) % 3, 3) if settings else None
    averages = Averages()
    averages.set_model(model)
    before = [v.numpy() for v in model.variables]
    averages.on_epoch_end(0)
    made = model.decode(codes, labels).numpy()
    in_training = model.generator([codes, labels] if settings else codes, training=True).numpy()
    assert np.abs(made - in_training).mean() < 0.02 < in_training.std()
    averages.back().on_epoch_end(0, {})
    assert all(np.array_equal(v.numpy(), old) for v, old in zip(model.variables, before, strict=True))


def test_optimizers_that_are_kept_go_on_at_the_rates_that_are_named():
    """As a stage with `keep_optimizer` does, whose own rate is for those that it does not name."""
    model = compiled(optimizers={"discriminator": keras.optimizers.Adam(4e-4)})
    stepped(model)
    kept, other = model.optimizer, model.discriminator_optimizer
    kept.learning_rate = 1e-3
    model.compile(kept, {"discriminator": keras.optimizers.Adam(2e-4)}, run_eagerly=True)
    assert model.optimizer is kept and model.discriminator_optimizer is other and int(other.iterations) == 1
    assert float(kept.learning_rate) == pytest.approx(1e-3) and float(other.learning_rate) == pytest.approx(2e-4)
    model.compile(kept, {"generator": keras.optimizers.Adam(5e-3)}, run_eagerly=True)
    assert float(kept.learning_rate) == pytest.approx(5e-3) and float(other.learning_rate) == pytest.approx(1e-3)


def test_a_class_changes_what_is_drawn_and_how_it_is_judged():
    keras.utils.set_random_seed(0)
    model = compiled(conditional=True, num_classes=3)
    codes = tf.repeat(tf.random.stateless_normal([1, 3], [0, 0]), 2, axis=0)
    first, second = model.decode(codes, tf.one_hot([0, 1], 3)).numpy()
    assert not np.allclose(first, second)
    scores = model.discriminator([tf.repeat(first[None], 2, axis=0), tf.one_hot([0, 1], 3)])
    assert float(scores[0, 0]) != float(scores[1, 0])


@pytest.mark.parametrize(
    "settings, told",
    [
        ({"conditional": True}, "needs labels"),
        ({"loss": "hinge", "label_smoothing": 0.1}, "smooth"),
        ({"r1": 1.0, "discriminator_normalization": "batch"}, "r1 is of one picture"),
        ({"loss": "wasserstein_gp", "discriminator_normalization": "batch"}, "wasserstein_gp is of one picture"),
    ],
)
def test_what_does_not_go_together_is_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        build(**SMALL, **settings)
