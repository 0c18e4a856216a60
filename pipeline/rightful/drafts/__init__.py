"""First drafts: what a look at some data suggests that its card could say. Floor 6.

``walking`` lists files within bounds, ``sampling`` takes a little of some of them, ``looking`` reads that, ``papers`` reads
licence files and dataset cards, ``cards`` writes down what follows, each guess marked. Nothing here permits anything.
"""
