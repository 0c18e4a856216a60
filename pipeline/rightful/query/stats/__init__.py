"""What a store holds, in numbers: per source, language, licence and filter, and how numbers are spread. Floor 7.

About what is there, not about what is permitted: that is ``query``.
"""
