"""`python -m config.standalone` runs the sandbox; `reset` forgets it; `manage …` asks it things."""

import json
import os
import subprocess
import sys

from config.standalone.children import ChildDied, Starter
from config.standalone.environment import environment, own_secrets
from config.standalone.place import CannotStart, Place, free_port, hold
from config.standalone.postgres import Postgres
from config.standalone.supervisor import Stopped, Supervisor
from config.standalone.valkey import Valkey

USAGE = (
    "python -m config.standalone [reset | manage COMMAND …]   "
    "settings: PORT STATE_DIR DATABASE_URL REDIS_URL"
)


def main(arguments: list[str]) -> int:
    """The exit code: 0 stopped on request, 1 a child died, 2 it could not start."""
    if arguments[:1] == ["manage"]:
        return manage(arguments[1:])
    if arguments not in ([], ["reset"]):
        print(f"usage: {USAGE}", file=sys.stderr)
        return 2
    try:
        reset() if arguments else run()
    except Stopped:
        print("offerhub: stopped", flush=True)
    except ChildDied as death:
        return _complain(death, code=1)
    except CannotStart as refusal:
        return _complain(refusal, code=2)
    return 0


def run() -> None:
    """Run the sandbox. Raises Stopped, ChildDied and CannotStart."""
    place = Place.from_environment()
    place.open()
    lock = hold(place)
    starter = Starter(logs=place.logs, inherited=[lock])
    Supervisor(place=place, port=free_port(), starter=starter).run()


def manage(arguments: list[str]) -> int:
    """Run a command of manage.py with the addresses and secrets of this sandbox."""
    place = Place.from_environment()
    starter = Starter(logs=place.logs)
    told = environment(
        secrets=own_secrets(place.secrets),
        addresses={
            "DATABASE_URL": os.environ.get("DATABASE_URL")
            or Postgres(home=place.database, starter=starter).url,
            "REDIS_URL": os.environ.get("REDIS_URL")
            or Valkey(home=place.broker, starter=starter).url,
            **_where_it_runs(place),
        },
    )
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], env=told, check=False
    ).returncode


def _where_it_runs(place: Place) -> dict[str, str]:
    """The pretended providers are asked at the address that the sandbox has told."""
    if "PUBLIC_URL" in os.environ or not place.sandbox.exists():
        return {}
    told: str = json.loads(place.sandbox.read_text())["base_url"]
    return {"PUBLIC_URL": told.removesuffix("/api/v1")}


def reset() -> None:
    """Remove the state. Raises CannotStart while the sandbox runs."""
    place = Place.from_environment()
    place.open()
    lock = hold(place)
    place.remove()
    os.close(lock)
    print(f"offerhub: removed {place.state} and {place.database}")


def _complain(reason: Exception, *, code: int) -> int:
    print(f"offerhub: {reason}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
