"""How is it reached from other people's pipelines? Ways in and out for datatrove, dolma, Ray Data and `datasets`. Floor 11.

Each file is for one library, which it imports when it is used, and none imports another. They stand beside the command
line and the explorer, for they are what these are: hands, that ask the library and decide nothing. What all of them ask is
:mod:`rightful.integrations.deciding`.
"""
