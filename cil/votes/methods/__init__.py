"""The ways from votes to labels, each in a file of its own; see cil/votes/ballots.py."""
