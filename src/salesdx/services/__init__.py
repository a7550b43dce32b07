"""What a user does, for every door: no command line, no HTTP, no looks."""
