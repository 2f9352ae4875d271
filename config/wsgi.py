"""The WSGI application, which granian serves."""

import io
import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_BODILESS = {"GET", "HEAD"}
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django, which takes a body of no told length (chunked, or over HTTP/2) for an empty one."""
    is_untold = environ["REQUEST_METHOD"] not in _BODILESS and not environ.get("CONTENT_LENGTH")
    if is_untold and environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    return _django(environ, start_response)
