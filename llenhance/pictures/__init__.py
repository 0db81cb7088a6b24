"""Pictures: encoded bytes to pixels with all that belongs to them, and back."""
