"""Pages of the application: made on the server, without script, each from a frozen context of its own."""
