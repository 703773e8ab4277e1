"""What is printed: plain data in, pages out, through Typst with one font for Bangla and Latin. Knows no domain type."""

from post_logistics.printing.render import pages, pdf

__all__ = ["pages", "pdf"]
