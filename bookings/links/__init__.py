"""Links in mails that open one booking: tokens and API operations."""
