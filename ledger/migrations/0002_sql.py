"""The clock, the append-only triggers and `ledger_post`: the SQL beside the models."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"

FILES = (
    "clock", "append_only", "integrity", "accounts", "post", "post_many", "reversal", "seals",
    "arrivals",
)
UNDO = """
DROP TRIGGER arrivals_are_kept ON ledger_entry;
DROP FUNCTION ledger_keep_arrivals;
DROP TRIGGER seals_are_append_only ON ledger_seal;
DROP TRIGGER comments_are_append_only ON ledger_comment;
DROP TRIGGER transfers_wait_for_their_seal ON ledger_transfer;
DROP TRIGGER nothing_waits_after_a_truncate ON ledger_transfer;
DROP FUNCTION ledger_seal_waiting, ledger_queue_for_sealing, ledger_forget_unsealed;
DROP FUNCTION ledger_fingerprint, ledger_entries_of, ledger_instant;
DROP TABLE ledger_unsealed;
DROP TRIGGER reversals_are_mirrors ON ledger_transfer;
DROP FUNCTION ledger_reverse, ledger_prove_reversal;
ALTER TABLE ledger_transfer
    RENAME CONSTRAINT one_reversal_per_transfer TO ledger_transfer_reverses_id_key;
DROP FUNCTION ledger_open_accounts, ledger_lock_account;
DROP FUNCTION ledger_post_many, ledger_refuse_rows, ledger_judge_rows, ledger_known_rows;
DROP FUNCTION ledger_post, ledger_refuse_legs, ledger_posted_before;
DROP TRIGGER entries_are_proved ON ledger_entry;
DROP TRIGGER opened_accounts_are_proved ON ledger_account;
DROP TRIGGER moved_accounts_are_proved ON ledger_account;
DROP TRIGGER versions_only_grow ON ledger_account;
DROP TRIGGER accounts_keep_their_name ON ledger_account;
DROP TRIGGER accounts_are_not_deleted ON ledger_account;
DROP TRIGGER entries_are_append_only ON ledger_entry;
DROP TRIGGER transfers_are_append_only ON ledger_transfer;
DROP TRIGGER events_are_not_deleted ON ledger_event;
DROP TRIGGER events_change_only_by_being_numbered ON ledger_event;
DROP FUNCTION ledger_prove_entries, ledger_prove_accounts, ledger_refuse_change, ledger_now;
DROP TABLE ledger_clock;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(
            sql="\n".join((SQL / f"{name}.sql").read_text() for name in FILES),
            reverse_sql=UNDO,
        )
    ]
