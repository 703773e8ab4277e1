"""The translation between Karrio's words and the post's."""
