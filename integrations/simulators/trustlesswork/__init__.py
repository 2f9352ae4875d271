"""Trustless Work's V1 API and its contracts: unsigned transactions, and rules on the chain."""
