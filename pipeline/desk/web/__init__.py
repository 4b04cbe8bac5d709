"""The desk's HTTP side: application, pages, visits."""
