"""What an experiment was made with, and whether its files still are what it made."""
