"""How familiar each name of the hierarchy is: counts from corpora and search services."""
