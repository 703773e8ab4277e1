"""The compiled part of road distances: shortest ways from many nodes to many, and which nodes lie on one network.

A graph is its edges sorted by the node they leave: those of node i are ``first_edge[i]`` to ``first_edge[i + 1]``.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_FAR = np.iinfo(np.int32).max
"""What no way reaches: one that weighs more than a number can say counts as none."""
_MOST_BUCKETS = 1 << 16


def many_to_many(
    first_edge: Ints, heads: Ints, weight: Ints, also: Ints, sources: Ints, targets: Ints
) -> tuple[Ints, Ints]:
    """The weight of the lightest way from every source to every target, and the sum of ``also`` along that way.

    first_edge: (n + 1,) int32; heads, weight: (m,) int32, where each edge leads and what it weighs, not negative.
    also: (m,) int32 of a second quantity, or (0,) if there is none: its sums are then 0.
    Both results: (sources, targets) int32, -1 where there is no way. Other threads run meanwhile.
    """
    heaviest = int(weight.max())
    width = max(1, int(np.median(weight)), heaviest // _MOST_BUCKETS)
    found: tuple[Ints, Ints] = _search(first_edge, heads, weight, also, sources, targets, width, heaviest // width + 2)
    return found


@njit(cache=True, nogil=True)
def _search(
    first_edge: Ints, heads: Ints, weight: Ints, also: Ints, sources: Ints, targets: Ints, width: int, buckets: int
) -> tuple[Ints, Ints]:
    """The ways from each source in turn, until all targets are settled.

    Reached nodes wait in a ring of buckets, each for weights of a range of ``width`` (Dial 1969). A bucket is emptied
    in the order of arrival; a node bettered from within it waits again (delta-stepping, Meyer and Sanders 2003). It
    takes half the time of a binary heap. A bucket is a linked list through its nodes, headed by ``nodes + number``.
    """
    nodes = len(first_edge) - 1
    weights = np.empty((len(sources), len(targets)), np.int32)
    others = np.empty_like(weights)
    best, other = np.empty(nodes, np.int32), np.zeros(nodes, np.int32)
    after, before = np.empty(nodes + buckets, np.int32), np.empty(nodes + buckets, np.int32)
    waits, wanted, unsettled = np.empty(nodes, np.bool_), np.zeros(nodes, np.bool_), np.empty(nodes, np.bool_)
    wanted[targets] = True
    for row in range(len(sources)):
        best[:], unsettled[:], waits[:] = _FAR, wanted, False
        after[nodes:] = before[nodes:] = np.arange(nodes, nodes + buckets)
        best[sources[row]] = other[sources[row]] = 0
        _wait(after, before, waits, sources[row], nodes)
        waiting, left, bucket = 1, wanted.sum(), nodes
        while waiting and left:
            while after[bucket] != bucket:
                node = after[bucket]
                _leave(after, before, waits, node)
                waiting -= 1
                left -= unsettled[node]
                unsettled[node] = False
                for edge in range(first_edge[node], first_edge[node + 1]):
                    head, reached = heads[edge], np.int64(best[node]) + weight[edge]
                    if reached < best[head]:
                        best[head] = reached
                        if len(also):
                            other[head] = min(np.int64(other[node]) + also[edge], _FAR - 1)
                        if waits[head]:
                            _leave(after, before, waits, head)
                            waiting -= 1
                        _wait(after, before, waits, head, nodes + reached // width % buckets)
                        waiting += 1
            bucket = bucket + 1 if bucket + 1 < nodes + buckets else nodes
        for column in range(len(targets)):
            found = best[targets[column]] < _FAR
            weights[row, column] = best[targets[column]] if found else -1
            others[row, column] = other[targets[column]] if found else -1
    return weights, others


@njit(cache=True, nogil=True)
def _wait(after: Ints, before: Ints, waits: Flags, node: int, bucket: int) -> None:
    """Puts a node at the end of a bucket."""
    last = before[bucket]
    after[last], before[node] = node, last
    after[node], before[bucket] = bucket, node
    waits[node] = True


@njit(cache=True, nogil=True)
def _leave(after: Ints, before: Ints, waits: Flags, node: int) -> None:
    """Takes a node out of its bucket."""
    after[before[node]], before[after[node]] = after[node], before[node]
    waits[node] = False


@njit(cache=True, nogil=True)
def networks(first_edge: Ints, heads: Ints) -> Ints:
    """The number of the network each node lies on: (n,) int32. On one network every node can be reached from every
    other, one-way streets obeyed: the strongly connected components (Tarjan 1972)."""
    nodes = len(first_edge) - 1
    network, low, seen_as = np.full(nodes, -1, np.int32), np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    edge, way, waiting = first_edge[:-1].copy(), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    seen = found = waits = 0
    for root in range(nodes):
        depth, node = 0, root
        while seen_as[root] == 0 or depth:
            if seen_as[node] == 0:
                seen += 1
                seen_as[node] = low[node] = seen
                way[depth], waiting[waits] = node, node
                depth, waits = depth + 1, waits + 1
            if edge[node] < first_edge[node + 1]:
                head = heads[edge[node]]
                edge[node] += 1
                if seen_as[head] == 0:
                    node = head
                elif network[head] < 0:
                    low[node] = min(low[node], seen_as[head])
                continue
            if low[node] == seen_as[node]:
                while network[node] < 0:
                    waits -= 1
                    network[waiting[waits]] = found
                found += 1
            depth -= 1
            if depth:
                low[way[depth - 1]] = min(low[way[depth - 1]], low[node])
                node = way[depth - 1]
    return network
