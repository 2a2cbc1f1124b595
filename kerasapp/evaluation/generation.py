"""What a model of pictures makes: samples beside what is nearest to them in train, reconstructions and their errors.

How good samples are in the eyes of a network that knows such pictures is asked by `kerasapp evaluate RUN --features`.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasapp import pictures
from kerasapp.evaluation import intervals
from kerasapp.evaluation.parts import DASH, Section, Sheet, Table, Text, number
from kerasapp.evaluation.ranking import Curve
from kerasapp.metrics.manifold_precision import squared_distances
from kerasapp.tasks._generative import in_parts, makes_codes, over, reconstructed, spread
from kerasapp.tasks.image_generation import INTERPOLATED
from kerasapp.types import Split

LABELLED = False
HEADLINE, BETTER = "diversity", "higher"
SAMPLES, COMPARED, NEAR = 64, 8, 5  # shown; of these set beside so many of train
LOOKED_AT = 10_000  # training pictures among which the nearest are looked for
PAIRS = 5  # of interpolations
PLANE = 15  # codes a side
PLANE_REACH = 1.645  # standard deviations: nine tenths of the codes
WORST = 8
ACTIVE = 0.01  # variance of a dimension's mean over pictures (Burda et al., 2015, arXiv:1509.00519, section 5.2)
COPIES = 0.5  # of the distance between pictures of the data
SAME = 0.3  # of the spread of the data
SEED = 0


def measure(task: Any, splits: Mapping[str, Split], name: str, model: Any) -> dict[str, Any]:
    """The entry of a split in `report.json`: "metrics", and "sheets", each {"title", "png" (base64), "caption"}."""
    split, train = splits[name], task.cut(splits.get("train", splits[name]))
    found = {"examples": len(split), "metrics": {}, "sheets": [], "mistakes": []}
    if makes_codes(model):
        _add(found, _of_codes(task, split, model))
    if model.prior is not None:
        _add(found, _of_samples(task, train, split, model, within=split is splits.get("train", split)))
    return found


def headline(report: Mapping[str, Any]) -> str:
    """The first line."""
    name, result = next(iter(report["splits"].items()))
    metrics = result["metrics"]
    told = [
        (f"{name} ELBO", "elbo", " nats a picture"),
        ("mean squared error of reconstruction", "reconstruction_error", ""),
        ("area under the ROC curve of anomalies", "anomaly_auc", ""),
        ("samples vary", "diversity", " times as much as the data"),
    ]
    shown = [f"{what} {number(metrics[key]['value'])}{unit}" for what, key, unit in told if key in metrics]
    line = "; ".join(shown)
    return f"{line[:1].upper()}{line[1:]}."


def warnings(name: str, result: Mapping[str, Any]) -> list[str]:
    """What samples and codes are to be read with."""
    told, metrics = [], result["metrics"]
    diversity, copies = metrics.get("diversity"), metrics.get("distance_to_train")
    if diversity and diversity["value"] < SAME:
        told.append(
            f"Samples vary {number(diversity['value'])} times as much as the data: the generator has collapsed."
        )
    if copies and copies["value"] < COPIES:
        told.append(
            f"Samples lie {number(copies['value'])} times as far from train as other pictures do: they may be copies."
        )
    if "active" in result and result["active"] == 0:
        told.append("No dimension of the codes tells pictures apart: lower beta, or set free_bits.")
    return told


def sections(name: str, result: Mapping[str, Any], examples: Any) -> list[Section]:
    """How a report shows a split's entry."""
    parts: dict[str, list] = {}
    for place, sheet in enumerate(result["sheets"], 1):
        made = Sheet(f"{name}_{place}", base64.b64decode(sheet["png"]), sheet["caption"])
        parts.setdefault(sheet["title"], []).append(made)
    found = [Section(title, given) for title, given in parts.items()]
    if "active" in result:
        told = f"{result['active']} of {result['latent_dimensions']} dimensions of a code tell pictures apart."
        found.append(Section("Codes", [Text(told)]))
    if "anomalies" in result:
        found.append(Section("Anomalies", _anomaly_parts(result["anomalies"], result["metrics"])))
    return found


def _add(found: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        found[key] = found[key] | value if key == "metrics" else found[key] + value if key == "sheets" else value


def _sheet(title: str, images: np.ndarray, caption: str, columns: int | None = None) -> dict[str, str]:
    content = pictures.png(pictures.tiled(images, columns))
    return {"title": title, "png": base64.b64encode(content).decode(), "caption": caption}


def _of_samples(task: Any, train: Split, split: Split, model: Any, within: bool) -> dict[str, Any]:
    """Samples, how much they vary, and what of train is nearest to them; where the split's own pictures are `within`
    train each is its own nearest.
    """
    count = max(SAMPLES, 256)
    samples = task.draw(model, count, SEED) / np.float32(255)
    (known,) = over(task, train, lambda images: (images,), spread(len(train), LOOKED_AT))
    (held,) = over(task, split, lambda images: (images,), spread(len(split), count))
    near, distances = nearest(samples, known, NEAR)
    _, usual = nearest(held, known, 2)
    usual = usual[:, -1] if within else usual[:, 0]
    shown = np.concatenate([np.concatenate([samples[at : at + 1], known[near[at]]]) for at in range(COMPARED)])
    told = "What it draws from codes that are drawn by chance" + (", class after class." if model.conditional else ".")
    sheets = [
        _sheet("Samples", samples[:SAMPLES], told, 8),
        _sheet("Nearest in train", shown, "Left a sample, then the pictures of train nearest to it by their pixels. "
               "A sample that equals its neighbour was learned by heart.", NEAR + 1),
        _interpolations(task, model),
    ]  # fmt: skip
    if makes_codes(model) and model.latent_dimensions == 2:
        sheets.append(_plane(model))
    metrics = {"diversity": intervals.metric(float(samples.std(0).mean() / max(known.std(0).mean(), 1e-12)))}
    if usual.mean() > 0:
        metrics["distance_to_train"] = intervals.metric(float(distances[:, 0].mean() / usual.mean()))
    return {"metrics": metrics, "sheets": sheets}


def nearest(images: np.ndarray, among: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, ...) and (m, ...) -> for each of the first, the `count` nearest of the second and their distances, (n, count)
    each, the nearest first.
    """
    a, b = (part.reshape(len(part), -1) for part in (images, among))
    squares = np.concatenate(list(squared_distances(a, b)))
    first = np.argsort(squares, axis=1, kind="stable")[:, :count]
    return first, np.sqrt(np.take_along_axis(squares, first, 1))


def _interpolations(task: Any, model: Any) -> dict[str, str]:
    made = task.interpolate(model, PAIRS, SEED + 1)
    return _sheet("Between two codes", made, "Each row goes from one code to another in equal steps.", INTERPOLATED)


def _plane(model: Any) -> dict[str, str]:
    side = np.linspace(-PLANE_REACH, PLANE_REACH, PLANE)
    codes = np.stack(np.meshgrid(side, -side), axis=-1).reshape(-1, 2).astype(np.float32)
    told = f"Pictures of codes from -{PLANE_REACH:g} to {PLANE_REACH:g} each way: nine tenths of each dimension."
    return _sheet("The plane of codes", in_parts(model.decode, codes, None), told, PLANE)


def _of_codes(task: Any, split: Split, model: Any) -> dict[str, Any]:
    """Errors of reconstruction, pictures beside theirs, and what else the model has of its own."""
    codes, errors = over(task, split, lambda images: reconstructed(model, images)[::2])
    metrics = {"reconstruction_error": intervals.mean(errors.astype(float))} | _bound(task, split, model)
    active = int(np.sum(codes.var(0) > ACTIVE))
    worst = np.argsort(-errors, kind="stable")[:WORST]
    some = spread(len(split), 2 * WORST)
    sheets = [
        _beside(task, split, model, some, "Pictures, and below each what its code brings back."),
        _beside(task, split, model, worst, "The same of the pictures that it brings back worst."),
    ]
    found = {"metrics": metrics, "sheets": sheets, "active": active, "latent_dimensions": int(codes.shape[1])}
    if task.threshold is not None:
        found["anomalies"], more = _anomalies(task, split, errors)
        metrics |= more
    return found


def _beside(task: Any, split: Split, model: Any, rows: np.ndarray, caption: str) -> dict[str, str]:
    given, back = over(task, split, lambda images: (images, reconstructed(model, images)[1]), rows)
    return _sheet("Reconstructions", pictures.in_rows(given, back, WORST), caption, min(WORST, len(rows)))


def _bound(task: Any, split: Split, model: Any) -> dict[str, Any]:
    """ELBO and its parts of a variational model, with noise that is the same whenever it is asked."""
    if not hasattr(model, "terms"):
        return {}
    import tensorflow as tf

    names = ("elbo", "kl", "bits_per_dimension")

    def terms(images: Any) -> tuple:
        noise = tf.random.stateless_normal([tf.shape(images)[0], model.latent_dimensions], [SEED, 1])
        coin = tf.random.stateless_uniform(tf.shape(images), [SEED, 2])
        found, _ = model.terms(images, noise=noise, coin=coin)
        return tuple(found[name] for name in names)

    values = over(task, split, terms)
    return {name: intervals.mean(value.astype(float)) for name, value in zip(names, values, strict=True)}


def _anomalies(task: Any, split: Split, errors: np.ndarray) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the threshold finds; with anomalies in the split, how well errors tell them apart."""
    found = errors > task.threshold
    told = {"threshold": task.threshold, "false_alarms": task.false_alarms, "normal": task.normal}
    if not task.normal or "label" not in split.features:
        return told, {"above_threshold": intervals.proportion(int(found.sum()), len(found))}
    odd = ~task.is_normal(split)
    if not odd.any() or odd.all():
        return told, {"above_threshold": intervals.proportion(int(found.sum()), len(found))}
    low, high = intervals.bootstrap(len(odd), lambda counts: Curve.of(errors, odd, counts).area())
    metrics = {
        "anomaly_auc": intervals.metric(float(Curve.of(errors, odd).area()), float(low), float(high)),
        "anomaly_recall": intervals.proportion(int((found & odd).sum()), int(odd.sum())),
        "false_alarms": intervals.proportion(int((found & ~odd).sum()), int((~odd).sum())),
    }
    if found.any():
        metrics["anomaly_precision"] = intervals.proportion(int((found & odd).sum()), int(found.sum()))
    return told, metrics


def _anomaly_parts(told: Mapping[str, Any], metrics: Mapping[str, Any]) -> Sequence[Text | Table]:
    text = (
        f"An error above {number(told['threshold'])} is an anomaly: chosen so that {number(told['false_alarms'])} of "
        f"the normal pictures of validation are one."
    )
    names = ("anomaly_auc", "anomaly_recall", "anomaly_precision", "false_alarms", "above_threshold")
    rows = [[name.replace("_", " "), number(metrics[name]["value"])] for name in names if name in metrics]
    normal = f" Trained on {', '.join(told['normal'])} alone." if told["normal"] else ""
    return [Text(text + normal), Table(["", "value"], rows or [[DASH, DASH]])]
