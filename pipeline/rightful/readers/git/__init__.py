"""Git repositories. Floor 2: the readers.

``repositories`` reads how one lies on the disk, ``command`` runs git over its objects, ``revisions`` says which of its commits
is read.
"""
