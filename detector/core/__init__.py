"""Arithmetic on arrays and frozen records: no files, no clocks, no printing."""
