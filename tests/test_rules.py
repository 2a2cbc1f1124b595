import subprocess
import sys

from kerasapp.rules import Finding, class_sizes


def told(counts):
    return {(one.kind, one.severity, one.where) for one in class_sizes(counts)}


def test_tiny_few_and_uneven_classes_are_told_by_their_names():
    assert told({"a": 5000, "b": 4000}) == set()
    assert told({"a": 500, "b": 400}) == {("few_examples", "note", "b")}
    assert told({"a": 500, "b": 9}) == {
        ("tiny_class", "warning", "b"), ("few_examples", "note", "b"), ("imbalance", "note", "a"),
    }  # fmt: skip
    assert told({}) == told({"a": 0}) == set()


def test_a_finding_has_the_four_parts_of_the_contract():
    finding = Finding("broken", "error", "a.jpg", "cut short", ("a.jpg",))
    assert finding.as_json() == {"kind": "broken", "severity": "error", "where": "a.jpg", "message": "cut short"}
    assert str(finding) == "error: a.jpg: cut short"


def test_the_rules_import_nothing_heavy():
    code = "import sys, kerasapp.rules; sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
