"""Operations beyond payments: what each changes, and the codes with which it is refused."""

from typing import Any

import pytest
from stellar_sdk import (
    AccountMerge,
    Asset,
    AuthorizationFlag,
    BeginSponsoringFutureReserves,
    BumpSequence,
    ChangeTrust,
    Claimant,
    ClaimClaimableBalance,
    ClaimPredicate,
    Clawback,
    CreateClaimableBalance,
    EndSponsoringFutureReserves,
    Keypair,
    ManageData,
    Payment,
    RevokeSponsorship,
    SetOptions,
    SetTrustLineFlags,
    Signer,
    TrustLineFlags,
)
from stellar_sdk import PathPaymentStrictReceive as Receive
from stellar_sdk import PathPaymentStrictSend as Send
from stellar_sdk.exceptions import BadRequestError, NotFoundError
from stellar_sdk.operation import Operation
from stellar_sdk.sep.exceptions import AccountRequiresMemoError
from stellar_sdk.xdr import TransactionResult

from integrations.providers.stellar.networks import network
from integrations.simulators import clock
from integrations.simulators.stellar import genesis
from tests.integrations.simulators.stellar.chain import UNIT, Client, payments_of, wallet

USDC, XLM = network().usdc, Asset.native()


def refused(chain: Client, source: Keypair, *operations: Operation, also: Any = ()) -> list[str]:
    """The codes of the operations of a transaction that must be refused."""
    envelope = chain.build(source, *operations)
    for key in (source, *also):
        envelope.sign(key)
    codes = chain.refusal(envelope)
    return codes.get("operations") or [codes["transaction"]]


def shown(chain: Client, key: Keypair) -> Any:
    return chain.server.accounts().account_id(key.public_key).call()


class TestPathPayments:
    def receive(self, target: Keypair, amount: str, most: str, asset: Asset = XLM) -> Operation:
        return Receive(target.public_key, asset, most, USDC, amount, [])

    def test_the_payee_gets_what_was_asked_and_the_payer_pays_the_rate(self, chain):
        ada, ben = wallet(xlm=100), wallet()
        before = chain.xlm(ada.public_key)
        sent = chain.send(ada, self.receive(ben, "1.5", "15"))
        assert chain.usdc(ben.public_key) == 15_000_000
        assert before - chain.xlm(ada.public_key) == 15 * UNIT + 100
        (record,) = payments_of(chain, ben)
        assert record["type"] == "path_payment_strict_receive"
        assert (record["asset_code"], record["amount"]) == ("USDC", "1.5000000")
        assert (record["source_asset_type"], record["source_amount"]) == ("native", "15.0000000")
        (trade,) = (
            TransactionResult.from_xdr(sent["result_xdr"])
            .result.results[0]
            .tr.path_payment_strict_receive_result.success.offers
        )
        assert trade.order_book.amount_sold.int64 == 15_000_000

    def test_what_is_sent_is_rounded_down_where_it_arrives(self, chain):
        ada, ben = wallet(xlm=100), wallet()
        chain.send(ada, Send(ben.public_key, XLM, "0.0000019", USDC, "0.0000001", []))
        assert chain.usdc(ben.public_key) == 1

    @pytest.mark.parametrize(
        ("operation", "code"),
        [
            (lambda to: Receive(to, XLM, "9.9999999", USDC, "1", []), "op_over_source_max"),
            (lambda to: Send(to, XLM, "1", USDC, "0.1000001", []), "op_under_dest_min"),
            (lambda to: Send(to, XLM, "0.0000009", USDC, "0.0000001", []), "op_too_few_offers"),
            (lambda to: Receive(to, USDC, "9", XLM, "10", []), "op_underfunded"),
            (lambda to: Receive(to, Asset("E", to), "9", USDC, "1", []), "op_too_few_offers"),
        ],
    )  # fmt: skip
    def test_a_path_can_be_too_dear_or_lead_nowhere(self, chain, operation, code):
        ada, ben = wallet(xlm=100), wallet()
        assert refused(chain, ada, operation(ben.public_key)) == [code]


class TestClaimableBalances:
    def ready(self, chain: Client, giver: Keypair, *claimants: Claimant) -> str:
        made = chain.send(giver, CreateClaimableBalance(USDC, "2", list(claimants)))
        result = TransactionResult.from_xdr(made["result_xdr"]).result.results[0]
        return result.tr.create_claimable_balance_result.balance_id.to_xdr_bytes().hex()

    def test_they_are_found_by_claimant_and_claimed_once(self, chain):
        ada, ben, eve = wallet(usdc=5), wallet(), wallet()
        balance = self.ready(chain, ada, Claimant(ben.public_key))
        (record,) = (
            chain.server.claimable_balances()
            .for_claimant(ben.public_key)
            .call()["_embedded"]["records"]
        )
        assert (record["id"], record["amount"], record["sponsor"]) == (
            balance, "2.0000000", ada.public_key,
        )  # fmt: skip
        assert shown(chain, ada)["num_sponsoring"] == 1
        assert refused(chain, eve, ClaimClaimableBalance(balance)) == ["op_cannot_claim"]
        chain.send(ben, ClaimClaimableBalance(balance))
        assert chain.usdc(ben.public_key) == 2 * UNIT
        assert shown(chain, ada)["num_sponsoring"] == 0
        assert refused(chain, ben, ClaimClaimableBalance(balance)) == ["op_does_not_exist"]
        # It moved money, and is not among the payments: Horizon's own rule.
        assert payments_of(chain, ben) == []

    def test_predicates_are_kept(self, chain):
        ada, ben = wallet(usdc=5), wallet()
        soon = ClaimPredicate.predicate_before_relative_time(60)
        early = self.ready(chain, ada, Claimant(ben.public_key, ClaimPredicate.predicate_not(soon)))
        late = self.ready(chain, ada, Claimant(ben.public_key, soon))
        assert refused(chain, ben, ClaimClaimableBalance(early)) == ["op_cannot_claim"]
        clock.advance(seconds=61)
        assert refused(chain, ben, ClaimClaimableBalance(late)) == ["op_cannot_claim"]
        chain.send(ben, ClaimClaimableBalance(early))
        assert chain.usdc(ben.public_key) == 2 * UNIT


class TestMerges:
    def test_an_account_ends_and_leaves_its_xlm(self, chain):
        ada, ben = wallet(xlm=10), wallet(xlm=10)
        chain.send(ada, ChangeTrust(USDC, "0"), AccountMerge(ben.public_key))
        assert chain.xlm(ben.public_key) == 20 * UNIT - 200
        with pytest.raises(NotFoundError):
            shown(chain, ada)
        (record,) = payments_of(chain, ben)
        assert (record["type"], record["account"], record["into"]) == (
            "account_merge", ada.public_key, ben.public_key,
        )  # fmt: skip
        past = chain.server.operations().for_account(ada.public_key).call()["_embedded"]["records"]
        assert [each["type"] for each in past] == ["change_trust", "account_merge"]

    def test_an_account_with_a_trustline_or_as_a_sponsor_stays(self, chain):
        ada, ben = wallet(usdc=1), wallet()
        assert refused(chain, ada, AccountMerge(ben.public_key)) == ["op_has_sub_entries"]
        close = (Payment(ben.public_key, USDC, "1"), ChangeTrust(USDC, "0"))
        lay = CreateClaimableBalance(XLM, "1", [Claimant(ben.public_key)])
        chain.send(ada, *close, lay)
        assert refused(chain, ada, AccountMerge(ben.public_key)) == ["op_is_sponsor"]


class TestSigners:
    def test_weights_add_up_to_the_threshold_and_no_signature_is_left_over(self, chain):
        ada, ben = wallet(usdc=5), wallet()
        second, third = Keypair.random(), Keypair.random()
        for key in (second, third):
            chain.send(ada, SetOptions(signer=Signer.ed25519_public_key(key.public_key, 1)))
        chain.send(ada, SetOptions(med_threshold=2, high_threshold=3))
        pay = Payment(ben.public_key, USDC, "1")
        assert refused(chain, ada, pay) == ["op_bad_auth"]
        assert chain.send(ada, pay, also=(second,))["successful"]
        assert refused(chain, ada, pay, also=(second, third)) == ["tx_bad_auth_extra"]
        assert refused(chain, ada, SetOptions(med_threshold=0), also=(second,)) == ["op_bad_auth"]
        assert {
            each["key"]: each["weight"] for each in shown(chain, ada)["signers"]
        } == dict.fromkeys((ada.public_key, second.public_key, third.public_key), 1)

    def test_a_rotated_key_signs_and_the_old_one_no_longer(self, chain):
        ada, ben, fresh = wallet(usdc=5), wallet(), Keypair.random()
        add = SetOptions(signer=Signer.ed25519_public_key(fresh.public_key, 1))
        chain.send(ada, add, SetOptions(master_weight=0))
        envelope = chain.build(ada, Payment(ben.public_key, USDC, "1"))
        envelope.sign(ada)
        assert chain.refusal(envelope) == {"transaction": "tx_bad_auth"}
        envelope.signatures.clear()
        envelope.sign(fresh)
        assert chain.submit(envelope)["successful"]

    def test_options_have_limits(self, chain):
        ada = wallet()
        own = Signer.ed25519_public_key(ada.public_key, 1)
        assert refused(chain, ada, SetOptions(signer=own)) == ["op_bad_signer"]
        clawback = SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_CLAWBACK_ENABLED)
        assert refused(chain, ada, clawback) == ["op_auth_revocable_required"]
        assert refused(chain, ada, SetOptions(low_threshold=256)) == ["op_threshold_out_of_range"]
        chain.send(ada, SetOptions(home_domain="shop.example"))
        assert shown(chain, ada)["home_domain"] == "shop.example"


class TestIssuers:
    FLAGS = AuthorizationFlag.AUTHORIZATION_REVOCABLE | AuthorizationFlag.AUTHORIZATION_REQUIRED
    ADMITTED = TrustLineFlags.AUTHORIZED_FLAG

    def test_holders_are_admitted_and_locked_out(self, chain):
        issuer, ada, ben = wallet(), wallet(), wallet()
        gold = Asset("GOLD", issuer.public_key)
        chain.send(issuer, SetOptions(set_flags=self.FLAGS))
        for holder in (ada, ben):
            chain.send(holder, ChangeTrust(gold, "10"))
        give = Payment(ada.public_key, gold, "5")
        assert refused(chain, issuer, give) == ["op_not_authorized"]
        admit = [
            SetTrustLineFlags(key.public_key, gold, set_flags=self.ADMITTED) for key in (ada, ben)
        ]
        chain.send(issuer, *admit, give)
        assert refused(chain, issuer, Payment(ada.public_key, gold, "5.0000001")) == [
            "op_line_full"
        ]
        chain.send(issuer, SetTrustLineFlags(ada.public_key, gold, clear_flags=self.ADMITTED))
        assert refused(chain, ada, Payment(ben.public_key, gold, "1")) == ["op_src_not_authorized"]
        assert refused(chain, ada, Clawback(gold, ben.public_key, "1")) == ["op_malformed"]

    def test_the_issuer_of_usdc_takes_back_and_that_is_no_payment(self, chain):
        ada = wallet(usdc=5)
        chain.send(genesis.ISSUER, Clawback(USDC, ada.public_key, "2"))
        assert chain.usdc(ada.public_key) == 3 * UNIT
        assert refused(chain, genesis.ISSUER, Clawback(USDC, ada.public_key, "4")) == [
            "op_underfunded"
        ]
        assert payments_of(chain, ada) == []
        done = chain.server.operations().for_account(ada.public_key).call()["_embedded"]["records"]
        assert [(each["type"], each["amount"]) for each in done] == [("clawback", "2.0000000")]


class TestEntries:
    def test_an_account_asks_for_a_memo_and_the_client_heeds_it(self, chain):
        ada, shop = wallet(usdc=5), wallet()
        chain.send(shop, ManageData("config.memo_required", "1"))
        assert shown(chain, shop)["data"] == {"config.memo_required": "MQ=="}
        envelope = chain.build(ada, Payment(shop.public_key, USDC, "1"))
        envelope.sign(ada)
        with pytest.raises(AccountRequiresMemoError):
            chain.server.submit_transaction(envelope)
        chain.send(shop, ManageData("config.memo_required", None))
        assert shown(chain, shop)["subentry_count"] == 1  # its trustline
        assert refused(chain, shop, ManageData("nothing", None)) == ["op_data_name_not_found"]

    def test_sequence_numbers_are_skipped(self, chain):
        ada = wallet()
        target = int(shown(chain, ada)["sequence"]) + 1_000
        chain.send(ada, BumpSequence(target))
        assert int(shown(chain, ada)["sequence"]) == target


class TestRevocation:
    def test_a_reserve_goes_back_to_its_owner_and_to_another_sponsor(self, chain):
        payer, other, ada = wallet(), wallet(), wallet()
        gold = Asset("GOLD", payer.public_key)
        chain.send(
            payer,
            BeginSponsoringFutureReserves(ada.public_key),
            ChangeTrust(gold, source=ada.public_key),
            EndSponsoringFutureReserves(source=ada.public_key),
            also=(ada,),
        )
        revoke = RevokeSponsorship.revoke_trustline_sponsorship(ada.public_key, gold)
        assert refused(chain, other, revoke) == ["op_not_sponsor"]
        chain.send(
            other,
            BeginSponsoringFutureReserves(payer.public_key),
            RevokeSponsorship.revoke_trustline_sponsorship(
                ada.public_key, gold, source=payer.public_key
            ),
            EndSponsoringFutureReserves(source=payer.public_key),
            also=(payer,),
        )
        sponsoring = [shown(chain, key)["num_sponsoring"] for key in (payer, other)]
        assert (sponsoring, shown(chain, ada)["num_sponsored"]) == ([0, 1], 1)
        chain.send(other, revoke)
        assert (shown(chain, other)["num_sponsoring"], shown(chain, ada)["num_sponsored"]) == (0, 0)


def test_an_operation_that_was_not_tried_has_a_result_too(chain):
    ada, ben = wallet(usdc=1), wallet()
    theft = Payment(ada.public_key, USDC, "1", source=ben.public_key)
    merge = AccountMerge(ben.public_key)
    envelope = chain.build(ada, merge, theft)
    envelope.sign(ada)
    with pytest.raises(BadRequestError) as error:
        chain.submit(envelope)
    assert error.value.extras["result_codes"]["operations"] == ["op_success", "op_bad_auth"]
    assert len(TransactionResult.from_xdr(error.value.extras["result_xdr"]).result.results) == 2
