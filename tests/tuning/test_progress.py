"""What a person sees of a sweep."""

import io

from kerasapp.tuning._opening import opened
from kerasapp.tuning._progress import LINE_EVERY, Shown

FINISHED = {"state": "finished", "score": 0.8125, "epochs": 2, "seconds": 30.0, "curve": [0.5, 0.8125], "parameters": 9}


def test_a_log_has_a_line_a_trial_with_the_best_and_what_is_left(sweep, tmp_path):
    stream = io.StringIO()
    with opened(sweep(), tmp_path, False) as ledger, Shown(ledger, stream) as shown:
        for result in (FINISHED, {"state": "failed", "reason": "loss became NaN", "seconds": 10.0}):
            asked = ledger.ask()
            shown.begun(asked)
            shown.epoch(asked, 1, {"val_accuracy": 0.5})
            shown.ended(ledger.tell(asked.name, result))
    first, second = stream.getvalue().splitlines()
    assert first.startswith("trial 0000   learning_rate ")
    assert first.endswith("val_accuracy .812 (best .812 of 0000)   30 s, 60 s left")
    assert second.endswith("failed: loss became NaN   10 s, 20 s left")


def test_a_long_trial_tells_in_a_log_that_it_lives(sweep, tmp_path, clock):
    stream = io.StringIO()
    with opened(sweep(), tmp_path, False) as ledger, Shown(ledger, stream) as shown:
        asked = ledger.ask()
        for epoch in (1, 2, 3):
            clock[0] += LINE_EVERY * 0.6
            shown.epoch(asked, epoch, {"val_accuracy": 0.25})
    assert stream.getvalue() == "trial 0000   epoch 2   val_accuracy .250\n"


def test_a_terminal_has_a_table(sweep, tmp_path, terminal):
    with opened(sweep(), tmp_path, False) as ledger, Shown(ledger, terminal) as shown:
        asked = ledger.ask()
        shown.epoch(asked, 7, {"val_accuracy": 0.25})
        shown.said("a line besides")
    told = terminal.getvalue()
    for part in ("learning_rate", "batch_size", "0000", "epoch 7 .250", "a line besides"):
        assert part in told
