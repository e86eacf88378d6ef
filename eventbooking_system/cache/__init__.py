"""Answers that are computed once and reused while they are true."""
