"""What Horizon tells of: each kind of resource as it writes it."""
