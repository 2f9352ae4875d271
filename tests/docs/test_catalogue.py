"""The catalogue in docs/ is what the code says."""

from config.management.commands.catalogue import PAGE, catalogue


def test_the_page_is_the_one_that_the_code_prints() -> None:
    assert PAGE.read_text() == catalogue(), "run manage.py catalogue"
