"""A file in a family's folder joins the family: no list to keep."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


def members(package: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Import every module of `package`; return {key: class} of the concrete classes of `base` found there."""
    found: dict[str, type[T]] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        if module_info.name.startswith("_"):  # shared parts of the family
            continue
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for thing in vars(module).values():
            if _is_member(thing, base, module):
                key = thing.key
                if key in found:
                    raise ImportError(f"{package.__name__}: two members are called {key!r}")
                found[key] = thing
    return dict(sorted(found.items()))


def _is_member(thing: Any, base: type, module: ModuleType) -> bool:
    return (
        isinstance(thing, type)
        and issubclass(thing, base)
        and thing.__module__ == module.__name__
        and bool(getattr(thing, "key", ""))
    )
