"""The command line: one file a verb, imported when it is called, so that light verbs stay light."""

import errno
import functools
import importlib
import logging
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from kerasapp import __version__
from kerasapp.blame import blamed
from kerasapp.errors import KerasappError, first_line

VERBS = {  # verb: what `kerasapp --help` says of it, in this order
    "list": "The stock recipes and their titles.",
    "show": "A recipe with every default, and where each value comes from.",
    "copy": "Copies a stock recipe, to be changed.",
    "new": "Writes a recipe for a folder of photographs, a CSV or an npz that it looks at.",
    "check": "Checks recipes without training; --data looks at the data, --build makes the model.",
    "preview": "Draws a few pictures as they came, after every step, and augmented.",
    "summary": "Layers, shapes, parameters, FLOPs and receptive field; trains nothing.",
    "run": "Trains a recipe and reports on it.",
    "tune": "Searches a recipe's values by a sweep, and confirms the best.",
    "reproduce": "Trains a run again from its own folder, and says whether the result is equal.",
    "evaluate": "Evaluates a run again, on its test split or on other data.",
    "predict": "Predicts files, folders, CSV rows or standard input.",
    "generate": "Draws pictures with a run that was trained to make them.",
    "encode": "The codes that an autoencoder makes of pictures, as a CSV.",
    "reconstruct": "What an autoencoder brings back of pictures.",
    "nearest": "The words nearest to a word, by a run of word vectors or by a file of them.",
    "analogy": "Solves king - man + woman.",
    "export": "Exports a run, verified: a SavedModel that takes raw input, or a file of word vectors.",
    "board": "Shows runs in TensorBoard.",
    "runs": "Lists the runs; `runs rm RUN` removes some.",
    "compare": "What differs between two runs: recipe, data, environment, results.",
    "schema": "The JSON Schema of recipes, for editors.",
}
FULL = (errno.ENOSPC, errno.EDQUOT)
TRAINING = ("run", "tune", "reproduce")
"""Verbs that leave something when a disk is full: the best model and the state of the last save."""


def application(words: list[str]) -> typer.Typer:
    """The typer application; with a verb among the words only that one is imported."""
    app = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=__doc__, add_completion=True
    )
    app.callback(help="From an idea to a trained, explained and served Keras model, with nothing but a YAML file.")(
        _root
    )
    verb = _verb(words)
    if verb in VERBS and "_KERASAPP_COMPLETE" not in os.environ:
        _add(app, verb)
        return app
    for name in VERBS:
        _add(app, name)
    return app


def run(words: list[str]) -> int:
    """Runs the command line and gives its exit code; who reads only the first lines of the output has all of it."""
    code = 0
    try:
        code = _run(words)
        if sys.stdout:
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else the interpreter's own flush fails
        if not isinstance(error, BrokenPipeError):
            return _said(error, _verb(words))
    return code


def _run(words: list[str]) -> int:
    """`run` without the last flush; errors become lines here and nowhere else."""
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("kerasapp").setLevel(logging.INFO)
    try:
        return _code(application(words)(args=words, prog_name="kerasapp", standalone_mode=False))
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # typer makes 1 of it
            raise leaving.__context__ from None
        return _code(leaving.code)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", 130)
    except BrokenPipeError:
        raise
    except Exception as error:
        if debug:
            raise
        return _said(error, _verb(words))


def _said(error: Exception, verb: str | None) -> int:
    """One line for what went wrong in a verb, and its exit code."""
    if isinstance(error, typer.TyperException):
        return _say(error.format_message().rstrip(".") + ". See kerasapp --help", error.exit_code)
    if isinstance(error, KerasappError):
        return _say(str(error), error.exit_code)
    if own := blamed(error):
        return _say(str(own), own.exit_code)
    if isinstance(error, OSError) and error.errno in FULL:
        kept = "What was saved before is whole" if verb in TRAINING else "Make room, or choose another place"
        return _say(f"{error.filename or 'writing'}: {error.strerror.lower()}. {kept}", 1)
    if isinstance(error, OSError) and error.filename:
        return _say(f"{error.filename}: {(error.strerror or str(error)).lower()}", 2)
    return _say(f"{type(error).__name__}: {first_line(error)} (a fault of ours: --debug shows where)", 1)


def _verb(words: list[str]) -> str | None:
    return next((word for word in words if not word.startswith("-")), None)


def _version(asked: bool) -> None:
    if asked:
        print(f"kerasapp {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="The version, and nothing else.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def _add(app: typer.Typer, verb: str) -> None:
    module = importlib.import_module(f"kerasapp.cli.{verb}")
    if isinstance(module.verb, typer.Typer):
        app.add_typer(module.verb, name=verb, help=VERBS[verb])
    else:
        app.command(verb, help=_help(module.verb.__doc__, verb), short_help=VERBS[verb])(_leaving(module.verb))


def _leaving(function: Callable) -> Callable:
    """Carries an interrupt past typer, which would make 130 of any and drop its message."""

    @functools.wraps(function)
    def verb(*args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except KeyboardInterrupt as interrupt:
            raise SystemExit(_say(str(interrupt) or "interrupted", getattr(interrupt, "exit_code", 130))) from None

    return verb


def _help(doc: str | None, verb: str) -> str:
    return "\n".join(line.strip() for line in (doc or VERBS[verb]).strip().splitlines())


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code


def _code(value: object) -> int:
    return value if isinstance(value, int) else 0
