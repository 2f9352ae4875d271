"""Everything that comes before the first request, in one process: migrate, roles, seed."""

import os
import sys

import django
from django.core.management import call_command


def main(sandbox: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False)
    call_command("roles")
    call_command("seed", output=sandbox)


if __name__ == "__main__":
    main(sys.argv[1])
