"""Shipped data: photo-standard profiles, the default policy, reason sentences, sample sources."""
