"""The page: HTML, CSS and JavaScript as the browser gets them."""
