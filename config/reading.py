"""Reading the environment: what cannot be read is noted, so that all of it is told at once."""

from typing import Any

import environ

_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on", "y", "ok"), True),
    **dict.fromkeys(("0", "false", "no", "off", "n", ""), False),
}


class Reader(environ.Env):  # type: ignore[misc]
    """An environment that raises at nothing; `malformed` says in words what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.malformed: list[str] = []

    def int(self, var: str, default: Any = environ.Env.NOTSET) -> Any:
        """A whole number; the default where there is none."""
        try:
            return super().int(var, default=default)
        except ValueError:
            return self._noted(var, "a whole number", default)

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> Any:
        """A yes or a no; anything else is no quiet no."""
        text = self.str(var, default="").strip().lower() if var in self.ENVIRON else None
        if text is None:
            return default
        return _FLAGS[text] if text in _FLAGS else self._noted(var, "1 or 0", default)

    def _noted(self, var: str, wanted: str, default: Any) -> Any:
        self.malformed.append(f"{var} is '{self.str(var)}'; it must be {wanted}")
        return default
