"""`kerasapp evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, Root, RunName, print_json, start_tensorflow
from kerasapp.errors import Fault, KerasappError, RecipeError
from kerasapp.names import counted


def verb(
    run: RunName,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    data: Annotated[
        str | None, typer.Option(help="Other data: a source in YAML, or a path for the run's own source.")
    ] = None,
    analogies: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Of word vectors: questions such as questions-words.txt. RUN may be a file."),
    ] = None,
    similarity: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Of word vectors: pairs such as WordSim-353 or SimLex-999.")
    ] = None,
    among: Annotated[
        int, typer.Option(min=1, metavar="N", help="Of analogies: the N most frequent words ask and answer.")
    ] = 30_000,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT", help="Of drawn pictures: a run of a classifier, a Keras model, or InceptionV3, to see by."
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=10, metavar="N", help="With --features: how many are drawn.")] = 10_000,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Evaluates a run's best model again, over a whole split of its own data or of other data.

    With --analogies or --similarity, which can be given several times, it is the run's word vectors that are measured;
    with --features the pictures that it draws: Frechet and kernel distance, precision and recall.
    """
    if features:
        if data or analogies or similarity:
            raise KerasappError("--features measures pictures that are drawn: --data and word tests are of no use")
        _drawn(run, root, features, split, count, json)
        return
    if analogies or similarity:
        if data or split != "test":
            raise KerasappError("--analogies and --similarity measure word vectors: --split and --data are of no use")
        _words(run, root, analogies or [], similarity or [], among, json)
    else:
        _model(run, root, split, data, json)


def _model(run: str, root: Path, split: str, data: str | None, json: bool) -> None:
    """Measures the best model of a run."""
    from kerasapp.run import Run

    if Path(run).is_file():
        raise KerasappError(f"{run}: no run but a file. Word vectors are measured by --analogies and --similarity")
    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp.training import evaluate

    try:
        report = evaluate(found, split, data)
    except RecipeError as error:
        raise RecipeError([_of_option(fault) for fault in error.faults]) from None
    if json:
        print_json({"run": str(found.path), "state": found.state["state"], "report": report})
        return
    for name, told in report["splits"].items():
        print(f"{name}: {counted(told['examples'], 'example')}")
        for metric, value in told["metrics"].items():
            print(f"  {metric:28} {_figure(value)}")


def _drawn(run: str, root: Path, features: str, split: str, count: int, json: bool) -> None:
    """Measures the pictures that a run draws."""
    from kerasapp.run import Run

    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp.training import evaluate_features

    report = evaluate_features(found, features, split=split, count=count, root=root)
    if json:
        print_json({"run": str(found.path), "state": found.state["state"], "report": report})
        return
    print(f"{counted(report['samples'], 'sample')}, {counted(report['examples'], 'example')} of {report['split']}")
    for metric, value in report["metrics"].items():
        print(f"  {metric:28} {_figure(value)}")
    for label, share in report.get("shares", {}).items():
        print(f"  {label:28} {share:.2f} %")


def _words(run: str, root: Path, analogies: list[str], similarity: list[str], among: int, json: bool) -> None:
    """Measures the word vectors of a run or a file, without TensorFlow, or of a SavedModel."""
    from kerasapp import vectors
    from kerasapp.evaluation.word_tests import measure
    from kerasapp.run import Run

    of_run = not vectors.is_file(run)
    report = measure(vectors.of(run, root), analogies, similarity, among)
    if json:
        found = Run.open(run, root) if of_run else None
        place, state = (str(found.path), found.state["state"]) if found else (run, None)
        print_json({"run": place, "state": state, "report": report})
        return
    for told in report["analogies"]:
        print(f"{told['file']}: 3CosAdd among the {told['among']} most frequent words")
        for row in [*told["sections"], {**told, "section": "total"}]:
            covered = f"{row['covered']} of {row['questions']}"
            print(f"  {row['section']:28} {covered:>15}  {_figure(row['accuracy'])}")
    for told in report["similarity"]:
        covered = f"{told['covered']} of {counted(told['pairs'], 'pair')}"
        covered += f" ({told['made']} with vectors made of n-grams)" if told["made"] else ""
        print(f"{told['file']}: Spearman {_figure(told['spearman'])}, {covered}")


def _figure(value: dict | None) -> str:
    """`0.4321  (0.4100 to 0.4540)`."""
    if value is None:
        return "-"
    low, high = value.get("low"), value.get("high")
    return f"{value['value']:.4f}" + (f"  ({low:.4f} to {high:.4f})" if low is not None else "")


def _of_option(fault: Fault) -> Fault:
    """A fault of `--set data=...`, as which the option's value is read, where it stands in `--data ...`."""
    if fault.file != "--set":
        return fault
    return Fault("--data", fault.line, max(1, fault.column - len("data=")), fault.path, fault.message)
