"""The usual choice, as a good engineer would set it up: FastAPI, SQLAlchemy's async ORM, pydantic, Jinja2, uvicorn on uvloop.

The same database and the same works as the product: who the cookie belongs to (with the person and the role), the
permission, the hospital's scope for row-level security, the rows with what belongs to them loaded in as few queries as the
ORM can, an audit row that is committed before the answer leaves, a page. Rules that no framework changes (what a typed
name means, what a set of observations scores, who is asked first) are the product's own pure functions.
"""
