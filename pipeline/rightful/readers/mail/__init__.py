"""Electronic mail: messages into records, whatever file they lie in. Floor 2: the readers.

``parts`` takes a message apart line by line, so that memory does not grow with what is attached; ``header`` reads its
fields, ``words`` its bytes as text, ``persons`` whom it names, ``records`` puts the record together. RFC 5322 (messages),
RFC 2045 to 2047 (MIME), RFC 2231 (parameters), RFC 3676 (flowed text).
"""
