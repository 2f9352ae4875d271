"""The contracts' own records of their terms, as they are when nothing has happened yet."""

from stellar_sdk import scval
from stellar_sdk.xdr import SCVal

from integrations.providers.intents import DeployEscrow, MilestoneTerms
from integrations.providers.ports import Roles
from integrations.providers.stellar.networks import Network

_NO = scval.to_bool(data=False)
_FLAGS = dict.fromkeys(("disputed", "released", "resolved"), _NO)
_RECEIVER_MEMO = 0


def single_release(terms: DeployEscrow, network: Network) -> SCVal:
    """One amount, one receiver and one set of flags for all milestones."""
    milestones = [_milestone(each, approved=_NO) for each in terms.milestones]
    return scval.to_struct(
        {
            **_whole(terms, network, milestones),
            "amount": scval.to_int128(terms.amount),
            "flags": scval.to_struct(_FLAGS),
            "roles": scval.to_struct(
                {**_roles(terms.roles), "receiver": scval.to_address(terms.roles.receiver)}
            ),
        }
    )


def multi_release(terms: DeployEscrow, network: Network) -> SCVal:
    """Amount, receiver and flags of each milestone; the contract has none of them."""
    milestones = [
        _milestone(
            each,
            amount=scval.to_int128(each.amount),
            receiver=scval.to_address(each.receiver),
            flags=scval.to_struct({**_FLAGS, "approved": _NO}),
        )
        for each in terms.milestones
    ]
    roles = scval.to_struct(_roles(terms.roles))
    return scval.to_struct({**_whole(terms, network, milestones), "roles": roles})


def _whole(terms: DeployEscrow, network: Network, milestones: list[SCVal]) -> dict[str, SCVal]:
    return {
        "description": scval.to_string(terms.description),
        "engagement_id": scval.to_string(terms.engagement_id),
        "milestones": scval.to_vec(milestones),
        "platform_fee": scval.to_uint32(terms.platform_fee_bps),
        "receiver_memo": scval.to_int128(_RECEIVER_MEMO),
        "title": scval.to_string(terms.title),
        "trustline": scval.to_struct({"address": scval.to_address(network.usdc_contract)}),
    }


def _milestone(terms: MilestoneTerms, **of_its_kind: SCVal) -> SCVal:
    return scval.to_struct(
        {
            "description": scval.to_string(terms.description),
            "evidence": scval.to_string(""),
            "status": scval.to_string("pending"),
            **of_its_kind,
        }
    )


def _roles(roles: Roles) -> dict[str, SCVal]:
    return {
        "approver": scval.to_address(roles.approver),
        "dispute_resolver": scval.to_address(roles.dispute_resolver),
        "platform_address": scval.to_address(roles.platform_address),
        "release_signer": scval.to_address(roles.release_signer),
        "service_provider": scval.to_address(roles.service_provider),
    }
