"""Archives of the web, and pages. Floor 2: the readers.

``members`` unpacks a compressed archive member by member, ``archived`` takes it apart into records, ``digests`` checks these,
``http`` takes a response apart; ``encodings`` turns the bytes of the web into text, ``pages`` HTML into the text of a page.
"""
