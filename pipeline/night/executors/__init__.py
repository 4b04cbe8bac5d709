"""Where jobs are worked off; each takes jobs and gives evidence, in any order."""
