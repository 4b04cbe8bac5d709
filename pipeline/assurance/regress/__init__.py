"""The golden set: pictures with known values, looked at again to see whether anything changed.

`golden` reads a golden folder, `judge` looks and compares, `sheet` draws the failures. See
`docs/regress.md`.
"""
