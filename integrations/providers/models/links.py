"""The users' own accounts at Airtm."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from ledger.fields import PublicId, Reference
from ledger.lifecycle import ASKING, Lifecycle
from ledger.tenancy import Owned


class AirtmLinkStatus(models.TextChoices):
    LINKING = "LINKING"
    LINKED = "LINKED"
    REFUSED = "REFUSED"


class AirtmLink(Lifecycle, Owned):
    """A user's Airtm account, known by its e-mail address."""

    Status = AirtmLinkStatus
    NOUN = "airtm_link"
    TRANSITIONS = {
        Status.LINKING: {Status.LINKED, Status.REFUSED},  # Airtm is asked who that is
        Status.LINKED: {Status.LINKING},
        Status.REFUSED: {Status.LINKING},  # another try, perhaps with another address
    }
    STANDS_AT_MOST = {Status.LINKING: ASKING}
    ANNOUNCED_AS = {Status.LINKED: "user.airtm_linked"}

    id = PublicId("lnk")
    holder = Reference(db_index=True)
    email = models.EmailField()
    reference = Reference()  # Airtm's id of the person
    country = models.CharField(max_length=3, blank=True)
    is_verified = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True)
    refusal_code = models.CharField(max_length=60, blank=True)
    refusal = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.LINKING)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "holder"], name="one_airtm_link_per_user"),
            models.UniqueConstraint(
                fields=["book", "reference"],
                condition=~Q(reference=""),
                name="one_user_per_airtm_account",
            ),
            models.CheckConstraint(
                condition=~Q(status="LINKED") | ~Q(reference=""),
                name="linked_means_airtm_knows_them",
            ),
            Lifecycle.legal(AirtmLinkStatus, noun="airtm_link"),
        ]
        indexes = [models.Index(Upper("email"), name="links_by_email")]

    @property
    def trail(self) -> str:
        return str(self.holder)

    @property
    def under_way(self) -> bool:
        return self.status == self.Status.LINKING
