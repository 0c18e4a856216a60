"""How a record gets in, or gets new tags: plan, run, land; retag. Floor 7."""
