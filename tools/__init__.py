"""What writes committed files: one module for each, one make rule for each."""
