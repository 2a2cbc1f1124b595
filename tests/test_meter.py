import io

from kerasapp.meter import Meter


def test_what_takes_long_before_the_first_is_done_has_no_time_left_yet(clock):
    stream = io.StringIO()
    meter = Meter("looking", 1, stream)
    clock[0] += 100
    meter.add(0)
    assert stream.getvalue() == ""


def test_a_log_gets_a_line_every_so_often(clock):
    stream = io.StringIO()
    meter = Meter("looking", 400, stream)
    for _ in range(8):
        clock[0] += 5
        meter.add(50)
    meter.close()
    assert stream.getvalue().splitlines() == [
        "looking   100/400   30 s left", "looking   200/400   20 s left", "looking   300/400   10 s left",
    ]  # fmt: skip


def test_a_terminal_gets_a_bar_that_is_taken_away(clock, terminal):
    meter = Meter("looking", 100, terminal)
    clock[0] = 1.0
    meter.add(50)
    meter.close()
    assert terminal.getvalue().startswith("looking   ━") and "\n" not in terminal.getvalue()
    assert terminal.getvalue().endswith(" \r")


def test_what_is_quickly_done_says_nothing(clock):
    stream = io.StringIO()
    Meter("looking", 10, stream).add(10)
    assert stream.getvalue() == ""
