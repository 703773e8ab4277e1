"""Marketplaces that hand their orders over to the post: each speaks a dialect of its own, which is data.

==================== ==============================================================
`book`               the dialects of ``data/partners.toml``
`proof`              whether a message is the partner's
`reading`            messages and lists as orders
`asking`             the orders of a day, asked for page by page
`saying`             what a partner is told: a state, and short messages
==================== ==============================================================
"""
