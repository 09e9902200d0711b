"""The medians of a published file, by cell: `published_reference.py FILE`, from the file alone.

Prints "interpreter,n.nodes,n.per.node,rows,median in s" for every cell, by interpreter, n.per.node, n.nodes.
"""
import collections
import statistics
import sys
from decimal import Decimal

cells = collections.defaultdict(list)
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        interpreter, per_node, nodes, _, time = line.rstrip("\n").split("|")
        cells[interpreter, int(per_node), int(nodes)].append(Decimal(time))
for (interpreter, per_node, nodes), times in sorted(cells.items()):
    print(interpreter, nodes, per_node, len(times), statistics.median(times).normalize(), sep=",")
