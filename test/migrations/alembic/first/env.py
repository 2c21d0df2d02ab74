from alembic import context
from sqlalchemy import create_engine

# libpq reads the server, the user and the token from the environment.
with create_engine("postgresql+psycopg://").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
