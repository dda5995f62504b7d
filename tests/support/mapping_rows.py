"""The rows of the mapping: an id is the name of a series, such as C, and a number from 1."""

LAST: dict[str, int] = {
    "C": 10,
    "R": 8,
    "E": 12,
    "U": 13,
    "N": 6,
    "P": 8,
    "M": 5,
    "I": 1,
    "Z": 3,
    "X": 9,
    "A": 16,
    "T": 22,
    "V": 20,
    "L": 2,
}
"""The last row of each series; X, A, T, V and L go beyond the page, numbered in docs/mapping.md."""
