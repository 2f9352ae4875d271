"""Operations in Horizon's words: the members that each type adds to the common ones."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import stellar_sdk as sdk
from stellar_sdk import Address, Asset, MuxedAccount, scval, xdr
from stellar_sdk.operation import Operation
from stellar_sdk.operation.revoke_sponsorship import RevokeSponsorshipType as Revoked

from integrations.simulators.stellar import predicates
from integrations.simulators.stellar.amounts import as_amount, as_asset, as_asset_name, to_stroops
from integrations.simulators.stellar.envelopes import Envelope

Described = dict[str, Any]

_ACCOUNT_FLAGS = {
    1: "auth_required",
    2: "auth_revocable",
    4: "auth_immutable",
    8: "auth_clawback_enabled",
}
_LINE_FLAGS = {
    1: "authorized",
    2: "authorized_to_maintain_liabilites",  # spelt as Horizon spells it
    4: "clawback_enabled",
}


def type_of(operation: Operation) -> tuple[str, int]:
    """The type's name and number."""
    kind = operation.to_xdr_object().body.type
    return kind.name.lower(), kind.value


def describe(operation: Operation, *, source: str, place: int, envelope: Envelope) -> Described:
    """`place` counts the operations of the envelope from 1."""
    if isinstance(operation, sdk.EndSponsoringFutureReserves):
        return {"begin_sponsor": _sponsor_of(source, place, envelope)}
    description = _DESCRIPTIONS.get(type(operation))
    return description(operation, source) if description else {}


def _create_account(operation: sdk.CreateAccount, source: str) -> Described:
    return {
        "starting_balance": _amount(operation.starting_balance),
        "funder": source,
        "account": operation.destination,
    }


def _payment(operation: sdk.Payment, source: str) -> Described:
    return {
        **as_asset(operation.asset),
        "from": source,
        **_party("to", operation.destination),
        "amount": _amount(operation.amount),
    }


def _path(operation: sdk.PathPaymentStrictReceive | sdk.PathPaymentStrictSend) -> Described:
    return {
        **as_asset(operation.dest_asset),
        **as_asset(operation.send_asset, prefix="source_asset_"),
        "path": [as_asset(asset) for asset in operation.path],
        **_party("to", operation.destination),
    }


def _strict_receive(operation: sdk.PathPaymentStrictReceive, source: str) -> Described:
    return {
        **_path(operation),
        "from": source,
        "amount": _amount(operation.dest_amount),
        "source_amount": as_amount(0),  # known when it was applied
        "source_max": _amount(operation.send_max),
    }


def _strict_send(operation: sdk.PathPaymentStrictSend, source: str) -> Described:
    return {
        **_path(operation),
        "from": source,
        "amount": as_amount(0),  # known when it was applied
        "source_amount": _amount(operation.send_amount),
        "destination_min": _amount(operation.dest_min),
    }


def _merge(operation: sdk.AccountMerge, source: str) -> Described:
    return {"account": source, **_party("into", operation.destination)}


def _set_options(operation: sdk.SetOptions, _source: str) -> Described:
    signer = operation.signer
    named = {
        "inflation_dest": operation.inflation_dest,
        "master_key_weight": operation.master_weight,
        "low_threshold": operation.low_threshold,
        "med_threshold": operation.med_threshold,
        "high_threshold": operation.high_threshold,
        "home_domain": operation.home_domain,
        "signer_key": signer.signer_key.encoded_signer_key if signer else None,
        "signer_weight": signer.weight if signer else None,
    }
    said = {name: value for name, value in named.items() if value is not None}
    return said | _flags(operation, _ACCOUNT_FLAGS)


def _write_entry(operation: sdk.ManageData, _source: str) -> Described:
    value = operation.data_value
    return {"name": operation.data_name, "value": b64encode(value).decode() if value else ""}


def _bump_sequence(operation: sdk.BumpSequence, _source: str) -> Described:
    return {"bump_to": str(operation.bump_to)}


def _change_trust(operation: sdk.ChangeTrust, source: str) -> Described:
    assert isinstance(operation.asset, Asset)  # shares in pools are refused before
    return {
        **as_asset(operation.asset),
        "limit": _amount(operation.limit),
        "trustee": operation.asset.issuer,
        "trustor": source,
    }


def _set_line_flags(operation: sdk.SetTrustLineFlags, _source: str) -> Described:
    named = {**as_asset(operation.asset), "trustor": operation.trustor}
    return named | _flags(operation, _LINE_FLAGS)


def _claw_back(operation: sdk.Clawback, _source: str) -> Described:
    return {
        **as_asset(operation.asset),
        **_party("from", operation.from_),
        "amount": _amount(operation.amount),
    }


def _lay_ready(operation: sdk.CreateClaimableBalance, _source: str) -> Described:
    return {
        "asset": as_asset_name(operation.asset),
        "amount": _amount(operation.amount),
        "claimants": [
            {
                "destination": claimant.destination,
                "predicate": predicates.shown(claimant.predicate),
            }
            for claimant in operation.claimants
        ],
    }


def _claim(operation: sdk.ClaimClaimableBalance, source: str) -> Described:
    return {"balance_id": operation.balance_id, "claimant": source}


def _begin_sponsoring(operation: sdk.BeginSponsoringFutureReserves, _source: str) -> Described:
    return {"sponsored_id": operation.sponsored_id}


def _revoke(operation: sdk.RevokeSponsorship, _source: str) -> Described:
    match operation.revoke_sponsorship_type:
        case Revoked.ACCOUNT:
            return {"account_id": operation.account_id}
        case Revoked.TRUSTLINE:
            line = operation.trustline
            asset = as_asset_name(line.asset)
            return {"trustline_account_id": line.account_id, "trustline_asset": asset}
        case Revoked.DATA:
            entry = operation.data
            return {"data_account_id": entry.account_id, "data_name": entry.data_name}
        case Revoked.CLAIMABLE_BALANCE:
            return {"claimable_balance_id": operation.claimable_balance_id}
        case Revoked.SIGNER:
            signer = operation.signer
            key = signer.signer_key.encoded_signer_key
            return {"signer_account_id": signer.account_id, "signer_key": key}
    return {}


def _contract_call(operation: sdk.InvokeHostFunction, _source: str) -> Described:
    call = operation.host_function.invoke_contract
    if call is None:
        return {"function": operation.host_function.type.name}
    address = Address.from_xdr_sc_address(call.contract_address).to_xdr_sc_val()
    name = scval.to_symbol(call.function_name.sc_symbol.decode())
    return {
        "function": "HostFunctionTypeHostFunctionTypeInvokeContract",
        "parameters": [_parameter(each) for each in (address, name, *call.args)],
        "address": "",
        "salt": "",
    }


def _parameter(value: xdr.SCVal) -> dict[str, str]:
    kind = value.type.name.removeprefix("SCV_")
    return {"type": {"SYMBOL": "Sym"}.get(kind, kind.title()), "value": value.to_xdr()}


def _amount(text: str) -> str:
    return as_amount(to_stroops(text))


def _party(name: str, account: MuxedAccount) -> dict[str, str]:
    if account.account_muxed is None:
        return {name: account.account_id}
    return {
        name: account.account_id,
        f"{name}_muxed": account.account_muxed,
        f"{name}_muxed_id": str(account.account_muxed_id),
    }


def _flags(operation: sdk.SetOptions | sdk.SetTrustLineFlags, names: dict[int, str]) -> Described:
    said: Described = {}
    for member in ("set_flags", "clear_flags"):
        bits = [bit for bit in names if int(getattr(operation, member) or 0) & bit]
        if bits:
            said |= {member: bits, f"{member}_s": [names[bit] for bit in bits]}
    return said


def _sponsor_of(source: str, place: int, envelope: Envelope) -> str:
    """Who began the sponsorship that the operation at `place` ends."""
    sponsor = ""
    for operation in envelope.transaction.operations[: place - 1]:
        if (
            isinstance(operation, sdk.BeginSponsoringFutureReserves)
            and operation.sponsored_id == source
        ):
            sponsor = operation.source.account_id if operation.source else envelope.source
    return sponsor


_DESCRIPTIONS: dict[type[Operation], Callable[[Any, str], Described]] = {
    sdk.CreateAccount: _create_account,
    sdk.Payment: _payment,
    sdk.PathPaymentStrictReceive: _strict_receive,
    sdk.PathPaymentStrictSend: _strict_send,
    sdk.AccountMerge: _merge,
    sdk.SetOptions: _set_options,
    sdk.ManageData: _write_entry,
    sdk.BumpSequence: _bump_sequence,
    sdk.ChangeTrust: _change_trust,
    sdk.SetTrustLineFlags: _set_line_flags,
    sdk.Clawback: _claw_back,
    sdk.CreateClaimableBalance: _lay_ready,
    sdk.ClaimClaimableBalance: _claim,
    sdk.BeginSponsoringFutureReserves: _begin_sponsoring,
    sdk.RevokeSponsorship: _revoke,
    sdk.InvokeHostFunction: _contract_call,
}
