"""The photoproof pipeline: from a roster and a folder of photos to a review report."""

__version__ = "0.1.0"
