"""The page of accuracy: outcomes -> scores -> tables and pictures. `document.py` puts it together."""
