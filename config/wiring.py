"""What follows what: the only place that knows every room. Dotted names, resolved when used."""

# Which nouns the sweep looks after, and the proof.
NOUNS = [
    "ledger.models.Hold",
    "integrations.providers.models.AirtmLink",
    "integrations.providers.models.Wallet",
    "integrations.providers.models.Submission",
    "payments.models.TopUp",
    "payments.models.Order",
    "escrow.models.Escrow",
    "withdrawals.models.Withdrawal",
]

# Port → the class that serves it; `integrations.providers.directory` gives it its credentials.
ADAPTERS = {
    "payins": "integrations.providers.airtm.adapter.AirtmPayins",
    "payouts": "integrations.providers.airtm.adapter.AirtmPayouts",
    "escrows": "integrations.providers.trustlesswork.adapter.TrustlessWork",
    "chain": "integrations.providers.stellar.adapter.Horizon",
}

# Event type → the tasks that it wakes, each with `subject` = the resource's id.
REACTIONS: dict[str, list[str]] = {
    "hold.open": ["payments.expire_hold"],
    "airtm_link.linking": ["payments.proceed_link"],
    "topup.created": ["payments.proceed_topup"],
    "topup.awaiting_user_confirmation": ["payments.proceed_topup"],
    "topup.processing": ["payments.proceed_topup"],
    "topup.canceling": ["payments.proceed_topup"],
    "wallet.creating": ["providers.open_wallet"],
    "wallet.created": ["escrow.wallet_is_ready"],
    "submission.signed": ["providers.send_submission"],
    "submission.sent": ["providers.send_submission"],
    "submission.confirmed": ["providers.hand_over"],
    "submission.failed": ["providers.hand_over"],
    "submission.rejected": ["providers.hand_over"],
    "submission.expired": ["providers.hand_over"],
    "order.closed": ["escrow.order_is_closed"],
    "escrow.created": ["escrow.abandon"],
    "escrow.creating": ["escrow.proceed"],
    "escrow.funding": ["escrow.proceed"],
    "escrow.releasing": ["escrow.proceed"],
    "escrow.refunding": ["escrow.proceed"],
    "escrow.disputing": ["escrow.proceed"],
    "escrow.resolving": ["escrow.proceed"],
    "withdrawal.checking": ["withdrawals.proceed"],
    "withdrawal.committed": ["withdrawals.proceed"],
    "withdrawal.pending": ["withdrawals.proceed"],
    "withdrawal.pending_user_action": ["withdrawals.proceed"],
    "withdrawal.canceling": ["withdrawals.proceed"],
}

# What a provider speaks about → who absorbs it.
LISTENERS: dict[tuple[str, str], str] = {
    ("airtm", "payin"): "payments.topups.heard",
    ("airtm", "payout"): "withdrawals.over_airtm.heard",
    ("submission", "wallet.open"): "integrations.providers.stellar.opening.follow",
    ("submission", "escrow.deploy"): "escrow.escrows.heard",
    ("submission", "escrow.fund"): "escrow.escrows.heard",
    ("submission", "escrow.mark_done"): "escrow.escrows.heard",
    ("submission", "escrow.approve"): "escrow.escrows.heard",
    ("submission", "escrow.release"): "escrow.escrows.heard",
}

# Noun → how the API shows it.
PRESENTERS: dict[str, str] = {
    "batch": "ledger.bulk.presented",
    "user": "integrations.marketplaces.serializers.user",
    "api_key": "integrations.marketplaces.serializers.api_key",
    "api_token": "integrations.marketplaces.serializers.api_token",
    "airtm_link": "payments.serializers.link",
    "topup": "payments.serializers.topup",
    "order": "payments.serializers.order",
    "escrow": "escrow.serializers.escrow",
    "withdrawal": "withdrawals.serializers.withdrawal",
}

# Noun → what the rooms above add to resources: serializers whose `of(ids)` has the fields by id.
PARTS: dict[str, list[str]] = {"order": ["escrow.serializers.PartsOfOrder"]}

# Prefix of a subject that a failed proof names → what freezes it.
FREEZES: dict[str, str] = {
    "usr_": "integrations.marketplaces.users.freeze",
    "wal_": "integrations.providers.stellar.wallets.freeze",
    "G": "integrations.providers.stellar.wallets.freeze",
    "esc_": "escrow.escrows.freeze",
    "hld_": "payments.orders.freeze_holder",
    "topup_": "payments.topups.freeze_payer",
    "wd_": "withdrawals.payouts.freeze_payee",
}

# Money POST → what its outcome would post, run in a dry run; it tells what only others can check.
EXPECTATIONS: dict[str, str] = {
    "topup.create": "payments.expectations.topup",
    "order.reserve": "payments.expectations.reservation",
    "order.cancel": "payments.expectations.cancellation",
    "order.checkout": "escrow.expectations.checkout",
    "order.release": "escrow.expectations.release",
    "withdrawal.create": "withdrawals.expectations.payout",
    "withdrawal.commit": "withdrawals.expectations.payout",
}
