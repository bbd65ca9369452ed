"""What a process that serves leaves out of what its libraries would load."""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

ASYNCIO = "sqlalchemy.ext.asyncio"
_OURS = {"AsyncConnection", "AsyncEngine", "create_async_engine"}
"""What we import of it."""


def leave_out() -> None:
    """Call it before anything of ours is imported that imports these.

    structlog imports rich, for tracebacks that nobody prints.
    """
    sys.modules["rich"] = None  # type: ignore[assignment]
    _leave_out_orm()


def _leave_out_orm() -> None:
    """SQLAlchemy's package for asyncio imports its ORM, which nothing of ours uses: 6 MB of 105, and 8 % of a start.

    The package is put in place empty. Of its engine it has what we import; who asks for anything else gets all of it.
    """
    spec = find_spec(ASYNCIO)
    assert spec is not None
    assert spec.loader is not None
    loader, package = spec.loader, module_from_spec(spec)

    def find(name: str) -> Any:
        if name in _OURS:
            return getattr(import_module(f"{ASYNCIO}.engine"), name)
        if name.startswith("__") or find_spec(f"{ASYNCIO}.{name}"):
            raise AttributeError(name)  # a module of the package: Python imports it then, as ever
        del package.__getattr__
        loader.exec_module(package)
        return getattr(package, name)

    package.__getattr__ = find  # type: ignore[method-assign]
    _put_in_place(package)


def _put_in_place(package: ModuleType) -> None:
    parent, _, name = ASYNCIO.rpartition(".")
    sys.modules[ASYNCIO] = package
    setattr(sys.modules[parent], name, package)
