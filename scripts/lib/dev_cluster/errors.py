"""The one error that commands raise on purpose: a sentence for a person, printed without a trace."""


class ClusterError(Exception):
    """What is wrong and, where it is known, what to do about it."""
