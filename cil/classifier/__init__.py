"""Classifiers to take away: exported, collapsed, evaluated and asked."""
