"""Tables and figures: what people read of an experiment, made from its artifacts alone."""
