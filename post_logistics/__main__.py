"""``python -m post_logistics`` is the command ``post-logistics``."""

from post_logistics.cli import main

main()
