"""From votes to labels: the table of votes, consensus, agreement, and simulated voters."""
