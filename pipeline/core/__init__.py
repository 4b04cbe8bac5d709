"""What everybody shares: words and rules that stand in one place each. Imports nothing above."""
