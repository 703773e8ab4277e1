"""What each line of a statement is: pure, columns in and columns out, a million of them in seconds. Knows no database.

- engine: `match`, the rules in their order
- columns: lines, entries, and what comes out
- rules: windows, fees and tolerances of a source, from data/matching.toml
- sentences: each match and each doubt in words

The rules

- references: the reference of one entry, of several, or in several lines
- written: a reference with one slip of the pen
- lumps: a provider's sum of a batch, a day or a few
- amounts: no reference, but an owner: amount, day, sum

What they stand on

- work: what has been found so far
- keys: all references in one index
- text: texts in one form
- sums: the only amounts that make up a sum, proven by OR-Tools
"""
