"""The rules of a stage as a table, for people who live in spreadsheets, and back into the files they came from."""
