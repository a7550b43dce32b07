"""What was done about a case: the windows of actions, their outcomes, and the record of sessions."""
