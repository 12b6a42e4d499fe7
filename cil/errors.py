"""The one exception that a person is meant to read."""


class UserError(Exception):
    """A mistake that its reader can mend: a bad file, key, row or argument.

    The message stands alone, without a traceback. It names the file, key or row, what was
    found, what was expected, and what to do next.
    """
