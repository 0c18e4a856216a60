"""Raw signals -> evidence. Floor 2: pure; texts, lists and tables are handed in."""
