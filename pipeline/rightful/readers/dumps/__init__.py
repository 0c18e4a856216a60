"""Dumps of sites: one large XML document each. Floor 2: the readers.

``cutting`` cuts a document into pieces and reads each by itself, ``wikitext`` turns the markup of a wiki into text, ``wiki`` says
which pages of a wiki are read.
"""
