"""Geometry of the charts, in whole units of their viewBox. Templates draw it; the numbers stay in a table beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH, HEIGHT = 520, 200
TOP, BOTTOM, LEFT = 12, 26, 58
STEPS = 4


class Part(NamedTuple):
    """One colour of a column; `series` is its place among them."""

    series: int
    y: int
    height: int


class Column(NamedTuple):
    x: int
    width: int
    middle: int
    label: str
    parts: list[Part]


class Line(NamedTuple):
    y: int
    value: int


@dataclass(frozen=True)
class Columns:
    width: int
    height: int
    left: int
    bottom: int
    label_y: int
    columns: list[Column]
    lines: list[Line]


def ceiling(highest: int) -> int:
    """The lowest round number, a multiple of the steps of the scale, that is not under the highest.

    >>> ceiling(0), ceiling(3), ceiling(17), ceiling(130), ceiling(2001)
    (4, 4, 20, 200, 4000)
    """
    unit = 1
    while True:
        for factor in (1, 2, 5):
            if STEPS * factor * unit >= highest:
                return STEPS * factor * unit
        unit *= 10


def columns(labels: Sequence[str], series: Sequence[Sequence[int]]) -> Columns:
    """Stacked columns: one per label, made of the number that each series has there, the first at the bottom."""
    top = ceiling(max((sum(stack) for stack in zip(*series, strict=True)), default=0))
    depth = HEIGHT - TOP - BOTTOM
    slot = (WIDTH - LEFT) // max(len(labels), 1)
    drawn = []
    for place, label in enumerate(labels):
        x, floor, parts = LEFT + place * slot + slot // 5, HEIGHT - BOTTOM, []
        for number, values in enumerate(series):
            height = round(values[place] * depth / top)
            floor -= height
            parts.append(Part(number, floor, height))
        drawn.append(Column(x, slot * 3 // 5, x + slot * 3 // 10, label, parts))
    lines = [Line(HEIGHT - BOTTOM - depth * step // STEPS, top * step // STEPS) for step in range(STEPS + 1)]
    return Columns(WIDTH, HEIGHT, LEFT, HEIGHT - BOTTOM, HEIGHT - 8, drawn, lines)


def shares(numbers: Sequence[int]) -> list[int]:
    """The length of each bar in thousandths of the longest; what is not nothing is always seen.

    >>> shares([200, 50, 0, 1])
    [1000, 250, 0, 10]
    """
    longest = max(numbers, default=0)
    return [max(number * 1000 // longest, 10) if number else 0 for number in numbers]
