"""Where was looked: captures come in and are read at the locations of a store; what is still to be looked at."""
