"""The server as a command."""

import argparse
import sys

from bookings.tests.stripe_server.server import StripeServer
from bookings.tests.stripe_server.wire import HTTPServer


def main() -> None:
    parser = argparse.ArgumentParser(description="A server shaped like Stripe, for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    stripe = StripeServer(seed=options.seed)
    with HTTPServer(stripe, options.port) as server:
        sys.stdout.write(f"{stripe.url}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
