"""Raw signals -> evidence. Floor 0: pure; texts, lists and tables are handed in."""
