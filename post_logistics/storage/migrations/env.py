"""Runs the migrations on the connection that `storage.database` hands over."""

from alembic import context

from post_logistics.storage.schema import metadata

config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=config.attributes["schema"],
    transaction_per_migration=False,
)
context.run_migrations()
