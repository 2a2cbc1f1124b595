import numpy as np
import pytest

from kerasapp.ops._huffman import NO_NODE, tree


@pytest.mark.parametrize("counts", [[1, 1], [9, 5, 3, 1], [2**n for n in reversed(range(30))], [7] * 100])
def test_each_word_has_a_way_of_its_own_from_the_root_and_a_frequent_one_none_longer(counts):
    nodes, ways = tree(counts)
    depth = (nodes != NO_NODE).sum(1)
    paths = {tuple(zip(nodes[word, :d].tolist(), ways[word, :d].tolist(), strict=True)) for word, d in enumerate(depth)}
    assert len(paths) == len(counts)
    assert {node for path in paths for node, _ in path} == set(range(len(counts) - 1))
    assert {path[-1][0] for path in paths} == {len(counts) - 2}, "all ways begin at the root"
    assert sum(0.5**d for d in depth) == pytest.approx(1), "Kraft: each inner node has two below it"
    assert (np.diff(depth) >= 0).all(), "a rarer word never has a shorter way"


def test_the_expected_length_is_within_a_bit_of_the_entropy():
    counts = (1e6 / np.arange(1, 2000)).astype(int)
    shares = counts / counts.sum()
    length = shares @ (tree(counts)[0] != NO_NODE).sum(1)
    entropy = -(shares * np.log2(shares)).sum()
    assert entropy <= length < entropy + 1


def test_the_way_of_a_word_is_told_from_the_one_beside_it():
    """9: 0; 5: 10; 3 and 1: 110 and 111, whichever way is called 0."""
    nodes, ways = tree([9, 5, 3, 1])
    assert nodes.tolist() == [[2, -1, -1], [1, 2, -1], [0, 1, 2], [0, 1, 2]]
    assert (
        ways[2, 0] != ways[3, 0] and ways[2, 1] == ways[3, 1] != ways[1, 0] and ways[1, 1] == ways[2, 2] != ways[0, 0]
    )
