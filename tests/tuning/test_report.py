"""What a sweep's report says is what its table has, and it claims no more than that."""

import math
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from kerasapp.tuning import _plots as plots
from kerasapp.tuning import report
from kerasapp.tuning._advice import advice
from kerasapp.tuning._verdict import chance, headline, interval, warnings
from kerasapp.tuning._view import View, front
from kerasapp.tuning.report import compose, shares_of, write_report

SPACE = {
    "train.optimizer.learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-1, "sampling": "log", "when": {}},
    "train.batch_size": {"kind": "choice", "values": [32, 64, 128], "when": {}},
    "train.optimizer.name": {"kind": "choice", "values": ["SGD", "Adam <i>", "$x$"], "when": {}},
    "train.optimizer.momentum": {"kind": "float", "low": 0.0, "high": 0.95, "when": {"train.optimizer.name": ["SGD"]}},
    "model.blocks": {"kind": "int", "low": 1, "high": 4, "step": 1, "when": {}},
    "model.batch_norm": {"kind": "boolean", "values": [False, True], "when": {}},
}
PARETO = {"pareto": [{"metric": "val_accuracy", "mode": "max"}, {"metric": "parameters", "mode": "min"}]}


@pytest.fixture
def table() -> Callable[..., dict[str, Any]]:
    """`table(trials, **changes)`: the learning rate decides, best at .06; every eleventh trial failed."""

    def make(trials: int = 40, **changes: Any) -> dict[str, Any]:
        rng = np.random.default_rng(3)
        rows = [_trial(number, rng) for number in range(trials)]
        done = sorted((row for row in rows if row["state"] == "finished"), key=lambda row: -row["score"])
        made = {
            "sweep": "quick", "title": "Digits <b>&", "recipe": "vision/digits_cnn", "space": SPACE, "trials": rows,
            "objective": {"metric": "val_accuracy", "mode": "max"}, "best": None, "default": None, "confirmed": [],
        }  # fmt: skip
        if done:
            best = {key: done[0][key] for key in ("trial", "run", "score")}
            made["best"] = best | {"recipe": "runs/quick/best.yaml"}
        return made | changes

    return make


def _trial(number: int, rng: np.random.Generator) -> dict[str, Any]:
    values = {}
    for path, entry in SPACE.items():
        if all(values[other] in allowed for other, allowed in entry["when"].items()):
            values[path] = _value(entry, rng)
    score = 0.97 - 0.05 * (math.log10(values["train.optimizer.learning_rate"]) + 1.2) ** 2 + rng.normal() * 0.003
    row = {"trial": f"{number:04d}", "run": f"runs/quick/trials/{number:04d}", "values": values, "seconds": 2.0}
    if number % 11 == 5:
        return row | {"state": "failed", "score": None, "reason": "loss is NaN <b>", "curve": [], "metrics": {}}
    if number % 13 == 7:
        return row | {"state": "pruned", "score": None, "reason": "below the median", "curve": [0.2, 0.3, 0.31]}
    if number % 17 == 9:
        return {
            "trial": f"{number:04d}",
            "run": None,
            "state": "invalid",
            "values": values,
            "score": None,
            "reason": "x",
        }
    metrics = {"val_accuracy": score, "parameters": 1000 * values["model.blocks"]}
    curve = [score - 0.5 * math.exp(-epoch) for epoch in range(6)]
    return row | {"state": "finished", "score": score, "metrics": metrics, "epochs": 6, "curve": curve,
                  "parameters": 1000 * values["model.blocks"]}  # fmt: skip


def _value(entry: dict[str, Any], rng: np.random.Generator) -> Any:
    if "values" in entry:
        return entry["values"][rng.integers(len(entry["values"]))]
    if entry["kind"] == "int":
        return int(rng.integers(entry["low"], entry["high"] + 1))
    if entry.get("sampling") == "log":
        return float(np.exp(rng.uniform(np.log(entry["low"]), np.log(entry["high"]))))
    return float(rng.uniform(entry["low"], entry["high"]))


def over(mean, spread, seeds=5):
    return {"confirmed": {"mean": mean, "spread": spread, "seeds": seeds}}


def test_page_needs_nothing_from_elsewhere_and_leads_to_the_runs(tmp_path, table):
    run = tmp_path / "runs" / "quick" / "trials" / "0000"
    run.mkdir(parents=True)
    (run / "report.html").write_text("")
    made = table()
    for row in made["trials"]:
        row["run"] = row["run"] and str(tmp_path / row["run"])
    page = write_report(tmp_path / "runs" / "quick", made).read_text()
    assert re.findall(r'src="([^"]{15})', page) and all(
        it == "data:image/svg+x" for it in re.findall(r'src="(.{16})', page)
    )
    links = re.findall(r'href="([^"]+)"', page)
    assert "trials/0000/report.html" in links and "trials/0001/" in links
    assert len(links) == sum(row["run"] is not None for row in made["trials"])
    assert not re.search(r"@import|url\(|<script|<link", page)


def test_words_of_a_sweep_are_no_markup(tmp_path, table):
    page = write_report(tmp_path, table()).read_text()
    assert "<i>" not in page and "<b>" not in page
    assert "Adam &lt;i&gt;" in page and "loss is NaN &lt;b&gt;" in page and "$x$" in page


@pytest.mark.parametrize("objective", [None, PARETO, {"weighted": PARETO["pareto"]}])
def test_every_figure_that_markdown_shows_is_there_and_readable(tmp_path, table, objective):
    write_report(tmp_path, table(**({"objective": objective} if objective else {})))
    linked = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (tmp_path / "report.md").read_text())
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {name.removeprefix("plots/") for name in linked}
    assert {"plots/parallel.svg", "plots/slices.svg", "plots/history.svg", "plots/curves.svg"} < set(linked)
    assert ("plots/pareto.svg" in linked) == (objective is PARETO)
    for name in linked:
        ElementTree.fromstring((tmp_path / name).read_text())


@pytest.mark.parametrize(
    "changes",
    [
        {"trials": []},
        {"trials": [{"trial": "0", "state": "failed", "values": {}, "score": None}]},
        {"trials": [{"trial": "0", "state": "running", "values": dict.fromkeys(SPACE)}]},
        {"trials": [{"trial": "0", "state": "finished", "values": {}, "score": 0.5}]},
    ],
)
def test_a_sweep_of_nearly_nothing_has_a_report(tmp_path, table, changes, recwarn):
    assert write_report(tmp_path, table(0) | changes).is_file()
    assert not [str(one.message) for one in recwarn.list]


def test_equal_and_monstrous_scores_are_drawn(tmp_path, table, recwarn):
    made = table(30)
    for row in made["trials"]:
        row["score"] = row["score"] and 0.5
    write_report(tmp_path, made)
    made["trials"][0]["score"] = -1e30
    write_report(tmp_path, made)
    assert "1 far worse than most" in (tmp_path / "report.md").read_text()
    assert not [str(one.message) for one in recwarn.list]


def test_it_is_written_without_tensorflow(tmp_path):
    code = (
        "import sys; from pathlib import Path; from kerasapp.tuning.report import write_report\n"
        "row = {'trial': '0', 'state': 'finished', 'values': {'a': True}, 'score': .5}\n"
        "write_report(Path(sys.argv[1]), {'sweep': 's', 'title': 't', 'recipe': 'r', 'trials': [row],"
        "'objective': {'metric': 'loss', 'mode': 'min'}, 'space': {'a': {'kind': 'boolean'}}})\n"
        "assert not {'tensorflow', 'keras', 'keras_tuner', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


@pytest.mark.parametrize(
    ("best", "default", "told"),
    [
        (over(0.98, 0.003), over(0.96, 0.003), "The best of 31 trials beats the recipe's own defaults"),
        (over(0.98, 0.03), over(0.96, 0.03), "no better than the recipe's own defaults, as far as these seeds tell"),
        (over(0.98, 0.03), over(0.96, 0.03), "5 new seeds each. A difference below .044 may be chance."),
        (over(0.94, 0.003), over(0.96, 0.003), "The recipe's own defaults are better than the best of 31 trials"),
        (over(0.98, None, 1), over(0.96, None, 1), "too few to tell it from luck"),
        (over(0.98, 0.003), None, "has a validation accuracy of .980 ± .003 over 5 new seeds."),
        ({}, over(0.96, 0.003), "which no other seed has confirmed"),
    ],
)
def test_the_first_line_claims_what_the_seeds_bear_out(table, best, default, told):
    made = table()
    assert told in headline(View(made | {"best": made["best"] | best, "default": default}))


def test_where_less_is_better_the_lower_mean_wins(table):
    made = table(objective={"metric": "val_loss", "mode": "min"}, default=over(0.5, 0.01))
    made["best"] |= over(0.4, 0.01)
    assert "beats the recipe's own defaults: validation loss .400" in headline(View(made))


def test_the_difference_that_chance_makes_is_welchs():
    from scipy.stats import ttest_ind_from_stats

    one, other = {"mean": 0.0, "spread": 0.02, "seeds": 3}, {"mean": 0.0, "spread": 0.05, "seeds": 6}
    edge = chance(one, other)
    assert ttest_ind_from_stats(edge, 0.02, 3, 0, 0.05, 6, equal_var=False).pvalue == pytest.approx(0.05)
    assert interval(one)["high"] == pytest.approx(4.303 * 0.02 / np.sqrt(3), rel=1e-3)


def test_luck_and_failures_are_told_before_the_figures(table):
    made = table()
    made["best"] |= over(made["best"]["score"] - 0.02, 0.003)
    told = " ".join(warnings(View(made)))
    assert "the luckiest" in told and "4 of 40 trials failed: loss is NaN <b> (4)." in told
    assert "too few" in " ".join(warnings(View(table(5))))


def test_new_seeds_that_failed_are_told_with_the_mean_that_leaves_them_out(table):
    failed = [{"seed": 4, "reason": "loss became NaN"}]
    row = {"trial": "0003", "mean": 0.98, "spread": 0.01, "seeds": 2, "failed": failed, "score": 0.98}
    told = " ".join(warnings(View(table(confirmed=[row], default={"confirmed": row | {"seeds": 0}}))))
    assert "1 of 3 new seeds of trial 0003 failed (loss became NaN)" in told
    assert "1 of 1 new seeds of the recipe's own defaults failed" in told


def test_trials_stand_in_the_order_of_their_scores_and_the_lost_last(tmp_path, table):
    rows = compose(tmp_path, table()).sections[-1].parts[0].rows
    finished = [row for row in rows if row[1] == "finished"]
    assert rows[: len(finished)] == finished
    assert [row[2] for row in finished] == sorted((row[2] for row in finished), reverse=True)
    assert len(rows) == 40


def test_the_value_that_decides_comes_first_and_the_rare_one_is_not_told(tmp_path, table):
    (matter,) = [section for section in compose(tmp_path, table()).sections if section.title == "Which values matter"]
    assert matter.parts[1].rows[0][0] == "train.optimizer.learning_rate"
    assert matter.parts[-1].text.startswith("train.optimizer.momentum can't be told from")
    (few,) = [section for section in compose(tmp_path, table(12)).sections if section.title == "Which values matter"]
    assert [part.kind for part in few.parts] == ["text"] * len(few.parts)


def test_of_many_values_that_are_not_told_only_the_number_is_said(tmp_path, table, monkeypatch):
    def told(count):
        sections = compose(tmp_path, table(count)).sections
        return [part.text for section in sections if section.title == "Which values matter" for part in section.parts]

    assert told(12)[0].startswith("How much 5 of the 6 values matter can't be told from 9 trials")
    monkeypatch.setattr(report, "NAMED", 5)
    assert told(12)[0].startswith("train.optimizer.learning_rate, ")


def test_hyperband_is_judged_before_it_chose_and_shown_as_it_ended(table):
    """Those that went on have far higher scores: by these, the value that let them go on would be nothing's doing."""
    made = table(0)
    for number in range(60):
        rate = 10 ** (-4 + 3 * number / 59)
        row = {"state": "finished", "values": {"train.optimizer.learning_rate": rate}, "rung": 3, "metrics": {}}
        made["trials"].append(row | {"trial": f"a{number}", "score": number / 60, "run": f"r{number}"})
        if number >= 40:
            row |= {"rung": 9, "continues": f"a{number}", "run": f"r{number}"}
            made["trials"].append(row | {"trial": f"b{number}", "score": 5.0})
    view = View(made | {"space": {"train.optimizer.learning_rate": SPACE["train.optimizer.learning_rate"]}})
    assert len(view.comparable) == len(view.scored) == 60
    assert sum(trial["trial"].startswith("b") for trial in view.scored) == 20
    assert shares_of(view)[0].value > 0.95 and shares_of(view)[0].trials == 60


def test_a_line_breaks_where_a_value_was_not_chosen(table):
    view = View(table())
    panel = plots.parallel(view, view.axes).axes[0]
    lines = [line.get_ydata() for line in panel.lines if len(line.get_ydata()) == len(SPACE) + 1]
    assert len(lines) == len(view.scored)
    broken = sum(np.isnan(line[0]) for line in lines)  # the conditional axis is drawn first
    assert broken == sum("train.optimizer.momentum" not in trial["values"] for trial in view.scored) > 0


def test_many_axes_stand_in_rows_of_which_each_has_the_score(table):
    view = View(table())
    figure = plots.parallel(view, view.axes * 3)
    assert len(figure.axes) == 3
    for panel in figure.axes:
        assert "validation\naccuracy" in [text.get_text() for text in panel.texts]


def test_the_front_is_what_comparing_each_with_each_finds():
    values, signs = np.random.default_rng(0).integers(0, 6, (60, 3)), [1, -1, 1]
    better = values * signs
    found = [not any((other >= own).all() and (other > own).any() for other in better) for own in better]
    assert front(values, signs).tolist() == found


def test_a_range_whose_end_is_best_is_to_be_widened(table):
    made = table(60)
    for row in made["trials"]:
        row["score"] = row["score"] and row["values"]["train.optimizer.learning_rate"] * 10
    made["best"] = None
    view = View(made)
    told = {item.about: item for item in advice(view, shares_of(view))}
    assert told["train.optimizer.learning_rate"].then == "widen it above, to 1"
    assert "train.optimizer.momentum" not in told, "below 0 there is nothing"


@pytest.mark.parametrize(("mode", "told"), [("max", ["trial 0002"]), ("min", [])])
def test_a_trial_that_is_ahead_of_the_best_over_new_seeds_is_named(table, mode, told):
    means = {"0001": 0.91, "0002": 0.93, "0003": 0.92}
    rows = [{"trial": name, "mean": mean, "spread": 0.01, "seeds": 3} for name, mean in means.items()]
    made = table(12, confirmed=rows, objective={"metric": "val_x", "mode": mode})
    made["best"] |= over(0.91, 0.01, 3)
    view = View(made)
    found = [item for item in advice(view, shares_of(view)) if item.about.startswith("trial")]
    assert [item.about for item in found] == told
    assert all("it has .930, the best trial .910" in item.seen for item in found)


def test_a_choice_that_fails_and_one_that_nobody_drew_are_named(table):
    made = table(30)
    for row in made["trials"]:
        if row["values"]["train.optimizer.name"] == "$x$":
            row |= {"state": "failed", "score": None}
        row["values"]["train.batch_size"] = 64
    view = View(made)
    told = [item.seen for item in advice(view, shares_of(view))]
    assert "32 was never trained" in told and any(
        re.fullmatch(r"(\d+) of \1 trials with \$x\$ failed", it) for it in told
    )
