"""The command line: thin hands. Floor 6: parse, call one verb, print."""
