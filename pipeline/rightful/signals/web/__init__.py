"""What is stated at a location: robots.txt, usage preferences, TDMRep, RSL, headers, pages, metadata of media. Floor 2: pure.

One module a protocol: raw bytes -> :class:`~rightful.signals.web.stated.Reading`. None of them fetches anything.
"""
