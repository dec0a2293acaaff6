"""The coefficients of the published model, with their card."""
