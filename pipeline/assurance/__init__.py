"""How good the product is, whether it still is, and what is wrong with an installation."""
