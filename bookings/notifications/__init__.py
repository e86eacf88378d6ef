"""The texts for customers and partners, and their sending, without tables or transactions."""
