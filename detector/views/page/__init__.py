"""The template, style and script of the review page."""
