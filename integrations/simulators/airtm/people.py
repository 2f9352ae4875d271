"""Who has an Airtm account in the simulation: one of every kind that a client may meet."""

from decimal import Decimal

from integrations.simulators.airtm.refusals import AirtmRefusal
from integrations.simulators.models import AirtmPerson

Standing = AirtmPerson.Standing

OPENING_BALANCE = Decimal(100_000)

SEEDED: tuple[dict[str, object], ...] = (
    {"email": "ada@example.com", "first_name": "Ada", "last_name": "Byron", "country": "VEN"},
    {"email": "ben@example.com", "first_name": "Ben", "last_name": "Okri", "country": "ARG"},
    {"email": "cleo@example.com", "first_name": "Cleo", "last_name": "Diaz", "country": "MEX"},
    {"email": "american@example.com", "first_name": "Amy", "last_name": "Poe", "country": "USA"},
    {
        "email": "slow@example.com",  # a payout to her waits until somebody completes or fails it
        "first_name": "Sol",
        "last_name": "Lento",
        "country": "COL",
        "receives_at_once": False,
    },
    {
        "email": "unverified@example.com",
        "first_name": "Una",
        "last_name": "Vega",
        "country": "PER",
        "is_verified": False,
    },
    {
        "email": "inactive@example.com",
        "first_name": "Ina",
        "last_name": "Quispe",
        "country": "BOL",
        "standing": Standing.INACTIVE,
    },
    {
        "email": "banned@example.com",
        "first_name": "Bano",
        "last_name": "Rojas",
        "country": "CHL",
        "standing": Standing.BANNED,
    },
    {
        "email": "restricted@example.com",
        "first_name": "Rex",
        "last_name": "Kim",
        "country": "PRK",
        "standing": Standing.RESTRICTED,
    },
)


def seed() -> None:
    """Give the simulation its people. Doing it again changes nothing."""
    people = [AirtmPerson(balance=OPENING_BALANCE, **facts) for facts in SEEDED]
    AirtmPerson.objects.bulk_create(people, ignore_conflicts=True)


def find(*, email: str) -> AirtmPerson | None:
    """The person with this address, if there is one."""
    return AirtmPerson.objects.filter(email=email.lower()).first()


def named(*, email: str) -> AirtmPerson:
    """The person with this address. Raises `AirtmRefusal`."""
    person = find(email=email)
    if person is None:
        raise AirtmRefusal("415059", email=email)
    return person
