"""Contracts in Python instead of WASM: the host, the USDC token, and who authorised what."""
