"""An e-mail backend for development, which prints readable text."""

from typing import Any

from django.core.mail.backends.console import EmailBackend as DjangoBackend
from django.core.mail.message import EmailMessage


class EmailBackend(DjangoBackend):
    def write_message(self, message: EmailMessage) -> None:
        files: list[Any] = [attachment[0] for attachment in message.attachments]
        lines = [f"To: {', '.join(message.to)}", f"Subject: {message.subject}"]
        if files:
            lines.append(f"Attached: {', '.join(files)}")
        self.stream.write("\n".join([*lines, "", str(message.body), "-" * 79, ""]))
