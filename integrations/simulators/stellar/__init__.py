"""A Horizon with a one-node Stellar network behind it: real envelopes, signatures and rules."""
