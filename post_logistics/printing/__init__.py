"""What is printed: plain data in, pages out, through Typst with one font for Bangla and Latin. Knows no domain type."""

from post_logistics.printing.render import made_up, pages, pdf

__all__ = ["made_up", "pages", "pdf"]
