"""deploy/run-local: the production topology on one machine without Docker, from Debian's packages.

It uses the configuration files that compose.yaml uses; only addresses, ports, paths and accounts differ. Everything
listens on loopback, lives in one folder, and ends with Ctrl-C.
"""
