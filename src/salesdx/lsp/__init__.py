"""The language server: what an editor shows of a rule base while somebody types. `server` talks to the editor."""
