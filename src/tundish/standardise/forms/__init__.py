"""Forms: in which form does a table stand? Logs in long form, events written to the right, one table in several files."""
