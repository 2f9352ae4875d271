"""The sandbox in one command: PostgreSQL and Valkey from wheels, web, worker and watcher."""
