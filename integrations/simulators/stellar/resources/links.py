"""Links to other resources of this Horizon."""

from collections.abc import Callable

from django.http import HttpRequest
from django.urls import reverse

Links = Callable[[str], dict[str, str]]  # a path below Horizon's root, as a link


def links_of(request: HttpRequest) -> Links:
    """Links to wherever this request came in."""
    base = request.build_absolute_uri(reverse("simulated-horizon"))
    return lambda path: {"href": f"{base}{path}"}
