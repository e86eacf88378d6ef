"""What is said to customers and partners, and how it is sent. No tables, no transactions."""
