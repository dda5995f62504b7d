"""Run a process: logging, garbage collection, sockets to listen on, and the addresses of peers."""
