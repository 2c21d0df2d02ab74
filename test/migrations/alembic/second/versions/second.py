import sqlalchemy as sa
from alembic import op

revision = "second"
down_revision = "first"


def upgrade():
    op.add_column("item", sa.Column("price", sa.Integer))
