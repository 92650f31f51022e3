"""The recipe room by room: which step after which; :mod:`klimastep.plan` calls them in order."""
