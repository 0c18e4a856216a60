"""The library: a store is one object, with the verbs of the command line under the same names. Floor 10.

A command without a group is a method, ``rightful query`` is ``store.query``; a group is an object with its commands,
``rightful consent withdraw --url-prefix X`` is ``store.consent.withdraw(url_prefix="X")``. The group ``store`` is the
store itself: ``rightful store status`` is ``store.status``. An option is the keyword of the same name.
"""

from rightful.api.store import Store as Store
