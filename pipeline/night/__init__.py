"""A night: the folder a run writes into, and what holds it."""
