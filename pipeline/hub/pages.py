"""The hub's pages: its templates, which stand on the desk's frame, style sheets and words."""

from __future__ import annotations

from pipeline.desk.web.pages import Pages
from pipeline.site.config import Site


def hub_pages(site: Site, *, school_login: bool) -> Pages:
    """The pages of a site's hub; the hub's own words go before the desk's."""
    known = {"site": site, "school_login": school_login}
    return Pages(("pipeline.hub", "pipeline.desk.web"), ("desk", "hub"), known)
