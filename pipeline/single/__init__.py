"""Single files without a roster: the photo standard, and proposals to mend them."""
