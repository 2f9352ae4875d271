"""What follows what: the only place that knows every room. Dotted names, resolved when used."""

# Which nouns the sweep looks after, and the proof.
NOUNS = [
    "ledger.models.Hold",
    "ledger.models.Approval",
    "ledger.models.Arrival",
    "integrations.providers.models.AirtmLink",
    "integrations.providers.models.Wallet",
    "integrations.providers.models.Submission",
    "payments.models.TopUp",
    "payments.models.Deposit",
    "payments.models.Order",
    "payments.models.Milestone",
    "escrow.models.Escrow",
    "escrow.models.Dispute",
    "withdrawals.models.Withdrawal",
    "withdrawals.models.TreasuryMove",
]

# Port → the class that serves it; `integrations.providers.directory` gives it its credentials.
ADAPTERS = {
    "payins": "integrations.providers.airtm.adapter.AirtmPayins",
    "payouts": "integrations.providers.airtm.adapter.AirtmPayouts",
    "escrows": "integrations.providers.trustlesswork.adapter.TrustlessWork",
    "chain": "integrations.providers.stellar.adapter.Horizon",
    "federation": "integrations.providers.stellar.federation.Federation",
}

# Event type → the tasks that it wakes, each with `subject` = the resource's id.
REACTIONS: dict[str, list[str]] = {
    "hold.open": ["payments.expire_hold"],
    "user.suspended": ["escrow.pause_clocks"],
    "user.reactivated": ["escrow.resume_clocks"],
    "approval.requested": ["ledger.expire_approval"],
    "airtm_link.linking": ["payments.proceed_link"],
    "topup.created": ["payments.proceed_topup"],
    "topup.awaiting_user_confirmation": ["payments.proceed_topup"],
    "topup.processing": ["payments.proceed_topup"],
    "topup.canceling": ["payments.proceed_topup"],
    "deposit.received": ["payments.proceed_deposit"],
    "wallet.creating": ["providers.open_wallet"],
    "wallet.created": ["escrow.wallet_is_ready", "withdrawals.wallet_is_ready"],
    "submission.signed": ["providers.send_submission"],
    "submission.sent": ["providers.send_submission"],
    "submission.confirmed": ["providers.hand_over"],
    "submission.failed": ["providers.hand_over"],
    "submission.rejected": ["providers.hand_over"],
    "submission.expired": ["providers.hand_over"],
    "order.in_progress": ["escrow.auto_release"],
    "milestone.delivered": ["escrow.auto_release"],
    "milestone.release_requested": ["escrow.proceed"],
    "milestone.refund_requested": ["escrow.proceed"],
    "milestone.disputed": ["escrow.proceed"],
    "dispute.resolving": ["escrow.proceed_dispute"],
    "order.closed": ["escrow.order_is_closed"],
    "escrow.created": ["escrow.abandon"],
    "escrow.creating": ["escrow.proceed"],
    "escrow.funding": ["escrow.proceed"],
    "escrow.releasing": ["escrow.proceed"],
    "escrow.refunding": ["escrow.proceed"],
    "escrow.disputing": ["escrow.proceed"],
    "escrow.resolving": ["escrow.proceed"],
    "escrow.released": ["escrow.proceed"],
    "escrow.refunded": ["escrow.proceed"],
    "escrow.resolved": ["escrow.proceed"],
    "withdrawal.checking": ["withdrawals.proceed"],
    "withdrawal.committed": ["withdrawals.proceed"],
    "withdrawal.pending": ["withdrawals.proceed"],
    "withdrawal.pending_user_action": ["withdrawals.proceed"],
    "withdrawal.canceling": ["withdrawals.proceed"],
    "treasury_move.leaving": ["withdrawals.proceed_move"],
}

# What a provider speaks about → who absorbs it.
LISTENERS: dict[tuple[str, str], str] = {
    ("airtm", "payin"): "payments.topups.heard",
    ("airtm", "payout"): "withdrawals.over_airtm.heard",
    ("chain", "wallet"): "payments.deposits.absorb",
    ("submission", "wallet.open"): "integrations.providers.stellar.opening.follow",
    ("submission", "wallet.trust"): "integrations.providers.stellar.opening.follow",
    ("submission", "escrow.deploy"): "escrow.progress.heard",
    ("submission", "escrow.fund"): "escrow.progress.heard",
    ("submission", "escrow.mark_done"): "escrow.progress.heard",
    ("submission", "escrow.approve"): "escrow.progress.heard",
    ("submission", "escrow.release"): "escrow.progress.heard",
    ("submission", "escrow.dispute"): "escrow.progress.heard",
    ("submission", "escrow.resolve"): "escrow.progress.heard",
    ("submission", "escrow.withdraw_remaining"): "escrow.progress.heard",
    ("submission", "withdrawal.cover"): "withdrawals.payouts.handed_in",
    ("submission", "withdrawal.pay"): "withdrawals.payouts.handed_in",
    ("submission", "treasury.move"): "withdrawals.moves.handed_in",
}

# Noun → how the API shows it.
PRESENTERS: dict[str, str] = {
    "batch": "ledger.bulk.presented",
    "marketplace": "integrations.marketplaces.serializers.marketplace",
    "user": "integrations.marketplaces.serializers.user",
    "api_key": "integrations.marketplaces.serializers.api_key",
    "api_token": "integrations.marketplaces.serializers.api_token",
    "airtm_link": "payments.serializers.link",
    "topup": "payments.serializers.topup",
    "deposit": "payments.wallet_serializers.deposit",
    "wallet": "payments.wallet_serializers.wallet",
    "order": "payments.serializers.order",
    "milestone": "payments.serializers.milestone",
    "escrow": "escrow.serializers.escrow",
    "dispute": "escrow.serializers.dispute",
    "comment": "escrow.serializers.comment",
    "evidence": "escrow.serializers.evidence",
    "withdrawal": "withdrawals.serializers.withdrawal",
}

# Noun → how a list of it is shown, where one by one would take queries for each.
PRESENTERS_OF_LISTS: dict[str, str] = {
    "order": "payments.serializers.orders",
    "dispute": "escrow.serializers.disputes",
}

# Noun → what the rooms above add to resources: serializers whose `LOOKS`, by name and joined
# into one query, say which rows have any, and whose `of(seen)` has the fields by id.
PARTS: dict[str, list[str]] = {
    "order": ["payments.serializers.OwnPartsOfOrder", "escrow.serializers.PartsOfOrder"]
}

# What operators may decide; a record's page has a button for each that is possible.
ACTS: list[str] = [
    "ledger.casework.TakeFinding",
    "ledger.casework.CommentOnFinding",
    "ledger.casework.PostMissing",
    "withdrawals.treasury_acts.AdjustForFinding",
    "ledger.casework.WaitWithFinding",
    "ledger.casework.IgnoreFinding",
    "ledger.casework.SettleFinding",
    "config.operator_acts.Agree",
    "ledger.casework.TurnDown",
    "integrations.marketplaces.acts.FreezeUser",
    "integrations.marketplaces.acts.UnfreezeUser",
    "integrations.providers.acts.FreezeWallet",
    "integrations.providers.acts.UnfreezeWallet",
    "escrow.acts.FreezeEscrow",
    "escrow.acts.UnfreezeEscrow",
    "escrow.acts.AssignDispute",
    "escrow.acts.CommentOnDispute",
    "escrow.acts.DecideDispute",
    "escrow.acts.WithdrawDispute",
    "escrow.acts.ReleaseOrder",
    "escrow.acts.RefundOrder",
    "escrow.acts.ReleaseMilestone",
    "escrow.acts.RefundMilestone",
    "escrow.acts.LetWholeRefundGo",
    "escrow.finding_acts.BookForeignEnd",
    "escrow.finding_acts.BookContractSurplus",
    "escrow.finding_acts.BearContractLoss",
    "payments.acts.LookAtTopUp",
    "payments.acts.CancelTopUp",
    "payments.acts.CheckLink",
    "payments.acts.CancelOrder",
    "payments.acts.DeliverOrder",
    "payments.acts.DeliverMilestone",
    "withdrawals.acts.LookAtWithdrawal",
    "withdrawals.acts.CancelWithdrawal",
    "withdrawals.acts.TakePayee",
    "withdrawals.acts.LetPayoutGo",
    "integrations.marketplaces.acts.SuspendUser",
    "integrations.marketplaces.acts.ReactivateUser",
    "integrations.marketplaces.acts.CreateKey",
    "integrations.marketplaces.acts.RotateKey",
    "integrations.marketplaces.acts.RevokeKey",
    "integrations.marketplaces.acts.Configure",
    "integrations.marketplaces.acts.PauseWrites",
    "integrations.marketplaces.acts.ResumeWrites",
    "integrations.providers.acts.TryMessageAgain",
    "withdrawals.treasury_acts.Adjust",
    "withdrawals.treasury_acts.TakeAsCapital",
    "withdrawals.treasury_acts.SendBack",
    "withdrawals.treasury_acts.MoveToAirtm",
    "withdrawals.treasury_acts.MoveFromAirtm",
    "withdrawals.treasury_acts.MoveArrived",
    "withdrawals.treasury_acts.MoveCameBack",
    "payments.stray_acts.ClaimArrival",
    "payments.stray_acts.BookClawback",
    "payments.stray_acts.BookSurplus",
    "config.operator_acts.ResetSecondFactor",
]

# Prefix of a subject that a failed proof names → what freezes it.
FREEZES: dict[str, str] = {
    "usr_": "integrations.marketplaces.users.freeze",
    "wal_": "integrations.providers.stellar.wallets.freeze",
    "G": "integrations.providers.stellar.wallets.freeze",
    "esc_": "escrow.freezing.stop",
    "mls_": "escrow.freezing.stop_around",
    "hld_": "payments.orders.freeze_holder",
    "topup_": "payments.topups.freeze_payer",
    "dep_": "payments.deposits.freeze_holder",
    "wd_": "withdrawals.payouts.freeze_payee",
    "tmv_": "withdrawals.moves.freeze_source",
}

# Money POST → what its outcome would post, run in a dry run; it tells what only others can check.
EXPECTATIONS: dict[str, str] = {
    "topup.create": "payments.expectations.topup",
    "order.reserve": "payments.expectations.reservation",
    "order.cancel": "payments.expectations.cancellation",
    "order.checkout": "escrow.expectations.checkout",
    "order.fund": "escrow.expectations.funding",
    "order.release": "escrow.expectations.release",
    "order.refund": "escrow.expectations.refund",
    "order.pay": "payments.expectations.payment",
    "milestone.release": "escrow.expectations.release",
    "milestone.refund": "escrow.expectations.refund",
    "dispute.resolve": "escrow.expectations.decision",
    "withdrawal.create": "withdrawals.expectations.payout",
    "withdrawal.commit": "withdrawals.expectations.payout",
    "withdrawal.cancel": "withdrawals.expectations.cancellation",
}

# Part of a reconciliation → who compares it: generators, (book, window) → what was compared.
RECONCILERS: dict[str, list[str]] = {
    "topups": ["payments.reconciliation.topups", "payments.reconciliation.overdue"],
    "withdrawals": [
        "withdrawals.reconciliation.payouts",
        "withdrawals.reconciliation.overdue",
        "withdrawals.chain_reconciliation.over_stellar",
    ],
    "deposits": ["payments.chain_reconciliation.deposits"],
    "escrows": ["escrow.reconciliation.escrows", "escrow.reconciliation.overdue"],
    "balances": [
        "config.floats.at_airtm",
        "withdrawals.reconciliation.overdue_moves",
        "integrations.providers.stellar.reconciliation.balances",
        "ledger.backing.accounts",
    ],
}

# Prefix of a finding's subject → what carries it on: it looks up at the provider, and posts.
FOLLOW_UPS: dict[str, str] = {
    "simulated:": "integrations.providers.stellar.replaying.take_in",
    "testnet:": "integrations.providers.stellar.replaying.take_in",
    "public:": "integrations.providers.stellar.replaying.take_in",
    "dep_": "payments.deposits.proceed",
    "topup_": "payments.topups.proceed",
    "wd_": "withdrawals.payouts.proceed",
}
