"""The hub: one web application for all cohorts of a site and everybody who works with them."""
