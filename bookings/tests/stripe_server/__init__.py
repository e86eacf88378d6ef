"""
A server shaped like Stripe for tests.

It is deterministic and scriptable, and records every charge. It has the parts of the API that
`bookings/payments/stripe/` uses: PaymentIntents (create, confirm, cancel, retrieve,
list), refunds (create, retrieve, list), disputes (retrieve, list) and the list of events, with
minor units, metadata, paging, `expand`, and idempotency keys as
https://docs.stripe.com/api/idempotent_requests has them.

It runs in a thread of the test, or in a process that survives the killed one:

    with running(seed=7) as server:            server.url, server.script(…), server.truth()
    with launched(seed=7) as server:           the same, each call over HTTP

`python -m bookings.tests.stripe_server [--port N] [--seed N]` prints its address and serves until
it is stopped. Every method of CONTROLS is also a POST to `/_control/<name>` with its arguments in
JSON, answered in JSON.

Ways to pay: `pm_card_visa` succeeds; `pm_card_chargeDeclined…` is declined;
`pm_card_authenticationRequired` requires action until `finish`; `pm_card_processing` is under way
until `finish`; `pm_card_pendingRefund` and `pm_card_refundFail` succeed, and their refunds are
pending or failed. Others are not known. `finish` also plays the customer who pays with the client
secret.

Misbehaviour, by operation (create, confirm, cancel, retrieve, list, refund, refund_get,
refund_list, dispute_get, dispute_list, event_list, or * for each):

    script(op, *faults)   the next requests meet these, in this order; "ok" lets one pass
    chaos(op, rates)      {"lose": 0.1, …}: each request draws one, by the seed, its key and the
                          number of times that this key was asked; so not by the order of threads

    lose            does the work, and closes the connection without an answer
    drop            closes the connection, and does nothing
    error_after     does the work, answers 500, and repeats that to the same key
    error_before    answers 500, and does nothing
    rate_limit      answers 429, and does nothing
    conflict        answers 409, and does nothing
    garbage         does the work, and answers something that is not JSON
    empty           does the work, and answers {}
    slow:SECONDS    does the work, and answers late
    wrong_amount    does the work for one minor unit less
    wrong_currency  does the work in another currency
    decline, action, processing    what the bank says to a confirm, whatever the payment method
    fail, pending                  what becomes of a refund, whatever the payment method
"""

from bookings.tests.stripe_server.documents import OPEN
from bookings.tests.stripe_server.server import StripeServer
from bookings.tests.stripe_server.wire import RemoteStripe, launched, running, serving

__all__ = ["OPEN", "RemoteStripe", "StripeServer", "launched", "running", "serving"]
