"""Where the raw sources come from: WordNet and the files that the paper's authors published."""
