"""Two pictures in, scores out."""
