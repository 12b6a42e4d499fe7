"""The networks that are trained, and what makes their layers fast."""
