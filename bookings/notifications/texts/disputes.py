"""The words of messages to staff about disputes."""

from django.utils.translation import gettext as _

from bookings.notifications.texts.facts import Facts, Words


def dispute(facts: Facts) -> Words:
    dispute = facts.dispute
    subjects = {
        "inquiry": _("A bank asks about a payment: %(amount)s"),
        "inquiry_closed": _("A bank no longer asks about a payment: %(amount)s"),
        "won": _("Dispute won: %(amount)s"),
        "lost": _("Dispute lost: %(amount)s"),
    }
    subject = subjects.get(dispute.state, _("A payment is in dispute: %(amount)s"))
    effects = {
        "inquiry": _("No money has moved. A refund can end the inquiry."),
        "inquiry_closed": _("No money has moved."),
        "won": _("The money is back. Refunds that waited are sent now."),
        "lost": _(
            "The money is gone. Refunds of this amount are not sent, as the customer has it already."
            " The tickets are still valid. Cancel the booking if they should not be."
        ),
    }
    waits = _("The bank has taken the money. Refunds of this payment wait until the dispute ends.")
    asks = dispute.state in ("inquiry", "needs_response") and dispute.evidence_due_at
    return subject % {"amount": dispute.amount}, [
        _("The dispute %(id)s, reason: %(reason)s.")
        % {"id": dispute.provider_id, "reason": dispute.reason or "–"},
        effects.get(dispute.state, waits),
        _("Send your evidence to the payment provider by %(time)s.")
        % {"time": facts.on_the_wall(dispute.evidence_due_at)}
        if asks
        else "",
    ]
