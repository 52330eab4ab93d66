"""Of many cases, some are played each time and the others by `make drill`."""

from collections.abc import Iterable

import pytest


def mostly_drilled(cases: Iterable, *, kept: int) -> list:
    """For `pytest.mark.parametrize`: the first so many are played each time. Several values are a tuple."""
    each = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [
        pytest.param(*values, marks=[pytest.mark.drill] if place >= kept else [])
        for place, values in enumerate(each)
    ]
