"""The operators' site."""

from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    """Records are read here; whoever decides does so through the functions that the API calls."""
