"""Label sets: what they are, how they are made, compared and checked."""
