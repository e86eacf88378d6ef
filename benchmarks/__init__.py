"""Benchmarks; the README.md beside this file says what they measure."""
