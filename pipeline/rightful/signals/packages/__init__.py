"""What software says of its own rights: licence files, and the metadata of packages of every kind."""
