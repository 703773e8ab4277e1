"""The compiled search: tours as linked lists in arrays, torn and mended a hundred thousand times a second.

After Christiaens and Vanden Berghe, Slack Induction by String Removals for Vehicle Routing Problems (2020).
"""
