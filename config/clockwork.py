"""The clockwork: what is done by the clock, and how often. Beat reads it; cron may do the same."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, Any] = {
    "sweep": {"task": "ledger.sweep", "schedule": timedelta(seconds=1)},
    "number-events": {"task": "ledger.number_events", "schedule": timedelta(seconds=5)},
    "seal": {"task": "ledger.seal", "schedule": timedelta(seconds=5)},
    "prove": {"task": "ledger.prove", "schedule": timedelta(minutes=10)},
    "heartbeat": {"task": "config.beat", "schedule": timedelta(seconds=5)},
    "absorb": {"task": "providers.absorb_waiting", "schedule": timedelta(seconds=5)},
    "replay-deposits": {
        "task": "providers.replay_deposits",
        "schedule": crontab(hour="3", minute="10"),
    },
    "relieve-treasury": {"task": "withdrawals.relieve_treasury", "schedule": timedelta(seconds=5)},
    "sweep-fees": {"task": "withdrawals.sweep_fees", "schedule": timedelta(hours=1)},
    "headroom": {"task": "providers.watch_headroom", "schedule": timedelta(minutes=1)},
    "left-overs": {"task": "escrow.look_for_left_overs", "schedule": timedelta(hours=1)},
    "reconcile": {"task": "ledger.reconcile", "schedule": crontab(hour="0", minute="20")},
    "balances": {
        "task": "ledger.reconcile",
        "schedule": crontab(minute="40"),
        "kwargs": {"part": "balances"},
    },
    "close-day": {"task": "ledger.close_day", "schedule": crontab(hour="1", minute="20")},
    "returns": {"task": "withdrawals.look_for_returns", "schedule": timedelta(minutes=5)},
}

# Beside the pretended providers only.
OF_THE_SIMULATORS: dict[str, Any] = {
    "simulated-webhooks": {
        "task": "simulators.deliver_webhooks",
        "schedule": timedelta(seconds=2),
    },
}
