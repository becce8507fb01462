"""Comparisons that anybody can run again: `make benchmark`."""
