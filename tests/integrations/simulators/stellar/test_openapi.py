"""Every kind of answer, held against Horizon's own OpenAPI document."""

from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from jsonschema import Draft202012Validator
from stellar_sdk import (
    ChangeTrust,
    Claimant,
    CreateAccount,
    CreateClaimableBalance,
    Keypair,
    Payment,
    xdr,
)

from integrations.providers.stellar.networks import network
from integrations.simulators.stellar import gifts
from tests.integrations.simulators.stellar.chain import UNIT, Client, wallet

DOCUMENT = Path(__file__).parents[5] / "shared/data/horizon-openapi.yml"

pytestmark = pytest.mark.skipif(
    not DOCUMENT.exists(), reason="Horizon's OpenAPI document is not beside the project"
)

# The document's own slips: Horizon (and its clients) spell these members the other way.
SLIPS = {
    "buying_liabilites": "buying_liabilities",
    "selling_liabilites": "selling_liabilities",
    "is_authorized_to_maintain_liabilites": "is_authorized_to_maintain_liabilities",
    "num_sponsered": "num_sponsored",
    "sponser": "sponsor",
    "pre_hash": "prev_hash",
}
# What it wants, and Horizon does not say: of XLM, of every operation's number, of either path.
UNSAID = {
    "BalanceLineNative": {"limit", "last_modified_ledger", "is_authorized",
                          "is_authorized_to_maintain_liabilities", "is_clawback_enabled"},
    "PathPaymentStrictReceive": {"destination_min"},
}  # fmt: skip
MISTYPED = [
    ("Payment", "type_i"),
    ("Payment", "asset_code"),
    ("asset_balance_change", "asset_code"),
    ("ClaimableBalance", "last_modified_ledger"),
    ("ClaimableBalance", "flags"),
    ("ClaimableBalances", "last_modified_ledger"),
    ("ClaimableBalances", "flags"),
    ("TransactionPreconditionsLedgerbounds", "min_ledger"),
]
RECORD_OF = {"Account", "Transaction", "Payment", "Ledger", "ClaimableBalances"}


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    document = yaml.safe_load(DOCUMENT.read_text())
    schemas: dict[str, Any] = _spelt(document["components"]["schemas"])
    for name, missing in UNSAID.items():
        _amend(schemas[name], drop=missing)
    for name, member in MISTYPED:
        _amend(schemas[name], untype=member)
    schemas["signatures"]["items"] = {"type": "string"}  # they are no addresses
    # What every record has to have stands one level too high.
    for name in ("Ledger", "Effect"):
        page = schemas[name]["properties"]["_embedded"]
        page["properties"]["records"]["items"]["required"] = page.pop("required")
    return schemas


def _spelt(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            SLIPS.get(name, name): _spelt(value)
            for name, value in node.items()
            if name != "example"
        }
    if isinstance(node, list):
        return [_spelt(each) for each in node]
    return SLIPS.get(node, node) if isinstance(node, str) else node


def _amend(node: Any, *, drop: set[str] | None = None, untype: str = "") -> None:
    if isinstance(node, list):
        for each in node:
            _amend(each, drop=drop, untype=untype)
    if isinstance(node, dict):
        if isinstance(node.get("required"), list) and drop:
            node["required"] = [name for name in node["required"] if name not in drop]
        if isinstance(node.get("properties"), dict) and untype in node["properties"]:
            node["properties"][untype] = {}
        for value in node.values():
            _amend(value, drop=drop, untype=untype)


def check(schemas: dict[str, Any], name: str, value: Any) -> None:
    schema: dict[str, Any] = {"$ref": f"#/components/schemas/{name}"}
    if name in RECORD_OF:  # the document knows these kinds only as pages
        value = {"_links": {}, "_embedded": {"records": [value]}}
    validator = Draft202012Validator(schema | {"components": {"schemas": schemas}})
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)] == []


@pytest.fixture
def ask(chain: Client) -> Any:
    def ask(path: str, status: int = 200) -> Any:
        answer = requests.get(chain.server.horizon_url.rstrip("/") + path, timeout=20)
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


def test_every_kind_of_operation_and_its_transaction_fit(chain, ask, schemas):
    ada, ben = wallet(xlm=200, usdc=20), wallet()
    new = Keypair.random()
    gifts.pay_by_merge(ben.public_key, xlm=2 * UNIT)
    sent = chain.send(
        ada,
        CreateAccount(new.public_key, "5"),
        ChangeTrust(network().usdc, "500"),
        Payment(ben.public_key, network().usdc, "1"),
        CreateClaimableBalance(network().usdc, "1", [Claimant(ben.public_key)]),
    )
    check(schemas, "SubmitTransaction", {"_links": {}, "_embedded": {"records": [sent]}})
    check(schemas, "Transaction", ask(f"/transactions/{sent['hash']}"))
    gifts.pay_by_path(ben.public_key, amount=UNIT)
    gifts.pay_by_contract(ben.public_key, amount=UNIT)
    kinds = {}
    for record in ask("/operations?limit=200")["_embedded"]["records"]:
        kinds[record["type"]] = record
        check(schemas, "Operation", record)
    for kind, name in {
        "create_account": "CreateAccount",
        "payment": "Payment",
        "path_payment_strict_receive": "PathPaymentStrictReceive",
        "account_merge": "AccountMerge",
        "invoke_host_function": "InvokeHostFunction",
    }.items():
        if kind in kinds:
            check(schemas, name, kinds[kind])
    assert {"create_account", "account_merge", "invoke_host_function"} <= set(kinds)


def test_a_fee_bump_with_a_memo_fits(chain, ask, schemas):
    ada, ben, payer = wallet(usdc=2), wallet(), wallet()
    inner = chain.build(ada, Payment(ben.public_key, network().usdc, "1"))
    inner.sign(ada)
    bumped = chain.submit(chain.bumped(inner, payer))
    check(schemas, "Transaction", ask(f"/transactions/{bumped['hash']}"))
    paid = gifts.pay_from_stranger(ben.public_key, amount=UNIT, memo="ord_1")
    shown = ask(f"/transactions/{paid.hash}")
    check(schemas, "Transaction", shown)
    assert (shown["memo_type"], shown["memo"]) == ("text", "ord_1")
    assert xdr.TransactionMeta.from_xdr(shown["result_meta_xdr"]).v == 3


def test_accounts_ledgers_fees_and_claimable_balances_fit(chain, ask, schemas):
    ada = wallet(usdc=2)
    gifts.lay_ready(ada.public_key, amount=UNIT)
    check(schemas, "Account", ask(f"/accounts/{ada.public_key}"))
    for record in ask("/ledgers?order=desc")["_embedded"]["records"]:
        check(schemas, "Ledger", record)
        header = xdr.LedgerHeader.from_xdr(record["header_xdr"])
        assert header.ledger_seq.uint32 == record["sequence"]
    check(schemas, "FeeStats", ask("/fee_stats"))
    (ready,) = ask(f"/claimable_balances?claimant={ada.public_key}")["_embedded"]["records"]
    check(schemas, "ClaimableBalances", ready)
    check(schemas, "ClaimableBalance", ask(f"/claimable_balances/{ready['id']}"))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/accounts/GABC", 400),
        ("/payments?limit=0", 400),
        ("/payments?limit=201", 400),
        ("/payments?order=up", 400),
        ("/payments?cursor=-1", 400),
        ("/claimable_balances?asset=USDC", 400),
        ("/ledgers/0", 404),
        ("/transactions/" + "0" * 64, 404),
        ("/claimable_balances/" + "0" * 72, 404),
    ],
)
def test_problems_fit(ask, schemas, path, status):
    check(schemas, "Problem", ask(path, status))
