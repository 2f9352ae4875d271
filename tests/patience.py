"""Patience: how long a test waits for what others do before it says that it never came.

Nothing is measured by it: on a busy machine everything takes as long as it takes.
"""

PATIENCE = 90  # seconds
