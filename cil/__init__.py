"""Clustered ImageNet Labels: make, test and use production-friendly label sets for ImageNet."""
