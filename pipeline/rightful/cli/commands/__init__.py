"""One file per command; `rightful.cli.table` lists them. Floor 11."""
