"""The examples in the docstrings of crm/france are tests too."""

import doctest
import importlib
import pkgutil

import pytest

import crm.france

MODULES = sorted(module.name for module in pkgutil.iter_modules(crm.france.__path__, "crm.france."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_each_file_give_what_they_show(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0
