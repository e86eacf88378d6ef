"""The links in mails that open one booking: their tokens, and their operations at the API."""
