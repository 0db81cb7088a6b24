"""Pictures: from the content of a file to pixels with everything that belongs to them, and back."""
