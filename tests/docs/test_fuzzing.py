"""The fuzzer: what the document allows, and what it forbids, sent to every operation.

`make fuzz` asks for 20 000 cases (`FUZZ_CASES`); here it is 2 000, counted. Each case is checked:
no fault of ours, no undocumented status, header, type or body, and nothing malformed is taken; the
first of each operation also that nothing is answered without a key. Of schemathesis' checks four
are left out: what is well formed may still be refused (positive_data_acceptance); what is used
after it was deleted or looked for after it was made needs sequences of requests (use_after_free,
ensure_resource_availability), which the journeys play; and two tenants
(object_level_authorization) are what `test_tenancy.py` is about.
"""

import os
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks, openapi
from schemathesis.core.failures import FailureGroup as CheckFailed
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as promised

from config.management.commands.openapi import PAGE
from config.wsgi import application
from integrations.marketplaces import keys
from integrations.marketplaces.models import User
from tests.shop import Shop

# The application ends its connection with the request, as behind a real server.
pytestmark = pytest.mark.django_db(transaction=True)

CASES = int(os.environ.get("FUZZ_CASES", "2000"))
MALFORMED = promised.negative_data_rejection
CHECKS = [
    checks.not_a_server_error,
    promised.status_code_conformance,
    promised.content_type_conformance,
    promised.response_headers_conformance,
    promised.response_schema_conformance,
    MALFORMED,
    promised.unsupported_method,
    promised.allow_header_conformance,
    promised.missing_required_header,
]
# It sends each case twice more, and that without a key it is a 401 does not depend on the rest.
CHECKS_OF_THE_FIRST = [*CHECKS, promised.ignored_auth]
SCHEMA = openapi.from_path(PAGE)
SCHEMA.app = application
# Those with a body last: the others may have fewer different cases than they are asked for, and
# these make up for it.
OPERATIONS = sorted(
    (found.ok() for found in SCHEMA.get_all_operations()), key=lambda one: len(one.body)
)


@pytest.fixture
def known(shop: Shop, ada: User, ben: User) -> dict[str, list[str]]:
    """Ids that lead somewhere, so that not every case ends in a 404."""
    shop.fund(ada, "1000000.00")
    orders = [shop.order(ada, ben).id for _ in range(4)]
    found = {
        "user_id": [ada.id, ben.id],
        "order_id": orders,
        "topup_id": [shop.fund(ada, "1.00").id],
        "withdrawal_id": [shop.withdrawal(ada).id for _ in range(3)],
        "key_id": [keys.create(shop.marketplace, name=str(n))[0].id for n in range(3)],
    }
    return {**found, "buyer_id": [ada.id], "seller_id": [ben.id]}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_document_is_true_whatever_is_sent(
    shop: Shop, known: dict[str, list[str]], mode: GenerationMode
) -> None:
    found: dict[str, str] = {}
    wanted = CASES // len(GenerationMode)
    for place, operation in enumerate(OPERATIONS):
        fuzz = Fuzz(operation, mode, shop, known)
        try:
            fuzz.run(cases=ceil(wanted / (len(OPERATIONS) - place)))
        except CheckFailed as failure:
            found[operation.label] = str(failure)
        wanted -= min(fuzz.tried, wanted)
    assert "\n\n".join(f"{label}: {why}" for label, why in found.items()) == ""
    assert wanted == 0


class Fuzz:
    """One operation, and what was tried with it."""

    def __init__(
        self, operation: Any, mode: GenerationMode, shop: Shop, known: dict[str, list[str]]
    ) -> None:
        self.cases = operation.as_strategy(generation_mode=mode)
        self.authorization = {"Authorization": f"Bearer {shop.token}"}
        self.known = known
        self.chosen = random.Random(7)  # which of the known ids; the same at every run
        self.tried = 0

    def run(self, *, cases: int) -> None:
        """Raises what the checks find."""
        holds = settings(
            max_examples=cases,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(seed(20261122)(given(case=self.cases)(self._try)))
        with suppress(Unsatisfiable):  # nothing in this operation can be wrong
            holds()

    def _try(self, case: Any) -> None:
        checks_of_it = CHECKS if self.tried else CHECKS_OF_THE_FIRST
        self.tried += 1
        is_changed = lead_somewhere(case, self.known, self.chosen)
        case.headers = {**(case.headers or {}), **self.authorization}
        if "Prefer" in case.headers:  # nobody works here: what is waited for would never come
            case.headers["Prefer"] = re.sub(r"\d+", "0", case.headers["Prefer"])
        response = case.call(app=application)
        # What was wrong may have been the very id that now leads somewhere.
        kept = [one for one in checks_of_it if one is not MALFORMED or not is_changed]
        case.validate_response(response, checks=kept, headers=self.authorization)


def lead_somewhere(case: Any, known: dict[str, list[str]], chosen: random.Random) -> bool:
    """Give most of the ids in a case a row of the caller's own; whether any was changed."""
    if chosen.random() < 0.25:
        return False
    is_changed = False
    for place in containers(case):
        for name in set(place) & set(known):
            if isinstance(place[name], str):
                place[name] = chosen.choice(known[name])
                is_changed = True
    return is_changed


def containers(case: Any) -> Iterator[dict[str, Any]]:
    for place in (case.path_parameters, case.body):
        if isinstance(place, dict):
            yield place
