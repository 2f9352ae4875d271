"""A browser, and windows that operators sit at.

It is driven from a thread of its own: the event loop that Playwright runs there would forbid
Django's ORM to a test that shared it.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connection

from tests.patience import PATIENCE

T = TypeVar("T")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, NARROW = 1280, 400


class Browser:
    """The machine's own Chromium, without a window."""

    def __init__(self, program: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._playwright, self._chromium = self.does(lambda: _started(program))

    def does(self, act: Callable[[], T]) -> T:
        return self._thread.submit(act).result(timeout=PATIENCE)

    def window(self, session: str, *, width: int = WIDE) -> "Window":
        """Somebody's window, logged in with this session."""
        return self.does(lambda: self._opened(session, width))

    def close(self) -> None:
        self.does(self._chromium.close)
        self.does(self._playwright.stop)
        self._thread.shutdown()

    def _opened(self, session: str, width: int) -> "Window":
        context = self._chromium.new_context(
            viewport={"width": width, "height": 900}, base_url=settings.PUBLIC_URL
        )
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session}
        context.add_cookies([{**cookie, "url": settings.PUBLIC_URL}])
        context.set_default_timeout(PATIENCE * 1000)
        window = Window(self, context.new_page())
        window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
        return window


@dataclass
class Window:
    """One operator's window; `complaints` are the errors of its scripts."""

    browser: Browser
    page: Any
    complaints: list[str] = field(default_factory=list)

    def goes_to(self, path: str) -> None:
        self.browser.does(lambda: self.page.goto(path))

    def follows(self, link: str) -> None:
        """A link with this very text."""
        found = self.page.locator("#main").get_by_role("link", name=link, exact=True)
        self.browser.does(found.first.click)

    def presses(self, button: str) -> None:
        self.browser.does(lambda: self.page.get_by_role("button", name=button, exact=True).click())

    def types(self, label: str, text: str) -> None:
        self.browser.does(lambda: self.page.get_by_label(label).first.fill(text))

    def ticks(self, place: str) -> None:
        self.browser.does(self.page.locator(place).first.click)

    def slides(self, label: str, value: int) -> None:
        """Move a slider as a hand does: its value changes, and it says so."""
        move = "(it, to) => { it.value = to; it.dispatchEvent(new Event('input')); }"
        self.browser.does(lambda: self.page.get_by_label(label).evaluate(move, str(value)))

    def sees(self, text: str) -> None:
        """Wait until it stands there."""
        found = self.page.locator("#main").get_by_text(text).filter(visible=True)
        self.browser.does(found.first.wait_for)

    def holds(self, text: str) -> bool:
        """Whether it stands there for an eye to see."""
        return text in self.browser.does(lambda: str(self.page.locator("body").inner_text()))

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        measure = "document.documentElement.scrollWidth - window.innerWidth"
        return int(self.browser.does(lambda: self.page.evaluate(measure)))

    def photographs(self, path: str) -> None:
        self.browser.does(lambda: self.page.screenshot(path=path, full_page=True))


def elsewhere(act: Callable[[], T]) -> T:
    """Done and committed on another connection, beside the test's own transaction."""

    def there() -> T:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(there).result()


def _started(program: str) -> tuple[Any, Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 – may be missing

    playwright = sync_playwright().start()
    chromium = playwright.chromium.launch(
        executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
    )
    return playwright, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for the whole run; without Playwright or Chromium these tests are skipped."""
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Chromium on PATH")
    browser = Browser(program)
    yield browser
    browser.close()
