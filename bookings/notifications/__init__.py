"""
The texts of messages and events, and how they are sent.

This package has no tables and opens no transactions.
"""
