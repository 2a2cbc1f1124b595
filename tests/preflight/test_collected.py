from kerasapp.preflight._collected import MOST, Collected
from kerasapp.rules import Finding


def test_the_worst_come_first_and_else_the_order_stays():
    found = Collected()
    found.extend(
        Finding("k", severity, place, "")
        for place, severity in zip("abcd", ("note", "error", "warning", "error"), strict=True)
    )
    assert [one.where for one in found.findings()] == ["b", "d", "c", "a"] and found.errors == 2


def test_of_one_kind_no_more_are_kept_than_can_be_used():
    found = Collected()
    found.extend(Finding("copy", "warning", str(row), "") for row in range(MOST + 7))
    kept = found.findings()
    assert len(kept) == MOST + 1 and kept[-1].message == "and 7 more like these"
