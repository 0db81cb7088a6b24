"""Pictures beside each other: the before/after slider, and the page that compares them.

`slider.js` and `slider.css` are the slider, for every page that shows a picture before and after.
"""
