"""How well models answer, in any label set that theirs can be mapped onto."""
