"""The pages: what people see in a browser, made here, in Bangla and English, with nothing from elsewhere.

shell.py     a page and what all of them share: language, look, who is signed in, the way a form is answered
words.py     the catalogue: English in the templates, Bangla in ``words/bn.po``
signing.py   signing in and out
templates/   a template for each page; ``base.html`` is the frame, ``parts.html`` the design system
static/      one style sheet, and small scripts for where the browser works alone

A page calls the same operations as ``/v1``; who may open it says the same table (``api/policy.py``, ``page_...``).
"""
