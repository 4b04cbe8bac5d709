"""A school's site: what lies where, and what is done every night without anybody at hand."""
