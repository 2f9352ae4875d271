"""Runs: each comparison of our books with what a provider or the chain shows, and what it saw."""

from django.db import models
from django.db.models import Q

from ledger.fields import Amount, PublicId
from ledger.models.cases import Finding
from ledger.tenancy import Owned


class RunStatus(models.TextChoices):
    RUNNING = "RUNNING"
    CLEAN = "CLEAN"
    FINDINGS = "FINDINGS"
    FAILED = "FAILED"  # it broke off, or something could not be read and nothing else was found


class Run(Owned):
    """One part of a book, compared over a window. No noun: nobody outside waits for its end."""

    Status = RunStatus

    id = PublicId("run")
    part = models.CharField(max_length=20)  # a key of RECONCILERS
    since = models.DateTimeField(null=True)  # without it, from the beginning
    until = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    compared = models.IntegerField(default=0)
    differing = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)  # under way: no answer yet, and no finding
    ignored = models.IntegerField(default=0)  # differ, as an operator has said that they may
    closed = models.IntegerField(default=0)  # earlier findings whose cause was gone
    amount = Amount(default=0)  # the sum at stake
    unread = models.JSONField(default=list)  # what could not be read, and why
    findings: "models.ManyToManyField[Finding, Sighting]" = models.ManyToManyField(
        Finding, through="Sighting", related_name="runs"
    )
    status = models.CharField(max_length=8, choices=RunStatus.choices, default=RunStatus.RUNNING)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=sorted(RunStatus.values)), name="run_status_is_legal"
            ),
            models.CheckConstraint(
                condition=Q(status="RUNNING") ^ Q(finished_at__isnull=False),
                name="a_finished_run_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="CLEAN") | Q(differing=0, unread=[]),
                name="a_clean_run_found_nothing_and_read_everything",
            ),
            models.UniqueConstraint(
                fields=["book", "part"],
                condition=Q(status="RUNNING"),
                name="one_run_of_a_part_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["book", "part", "-started_at"], name="runs_of_a_part")]

    def __str__(self) -> str:
        return f"{self.part} {self.status}"


class Sighting(models.Model):
    """A finding that a run saw: opened by it, or open before and still true."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="sightings")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="sightings")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "finding"], name="a_run_sees_a_finding_once")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} saw {self.finding_id}"
