"""The configuration of an experiment: its keys, where they are declared, and their faults."""
