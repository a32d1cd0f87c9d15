"""How Wardline is run in production: containers, nginx, PostgreSQL, Redis, monitoring."""
