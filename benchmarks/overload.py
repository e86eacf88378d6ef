"""
Three times what the machine can do: `python -m benchmarks.overload`.

Starts a PostgreSQL and the web server, measures how many bookings of two seats it makes a second,
offers three times as many, with load shedding (twice) and without, and proves that every booking that was
acknowledged is there. Needs requirements-dev.txt.
"""

import argparse
import asyncio
import os
import sys

from benchmarks.processes import Processes, manage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8220, help="of the web server")
    parser.add_argument("--postgres-port", type=int, default=55440)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--times", type=float, default=3, help="the offer, in capacities")
    parser.add_argument("--waiting", default="8", help="REQUESTS_WAITING beside its default")
    options = parser.parse_args()
    with Processes() as processes:
        url = processes.postgres(options.postgres_port)
        environment = {
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": "a-secret-of-the-benchmark-that-is-long-enough-0123",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "DATABASE_URL": url,
            "LOG_LEVEL": "WARNING",
            "THROTTLE_USER": "off",
            "THROTTLE_BOOKING": "off",
            "BOOKINGS_MAX_PENDING": "10000",
            "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
        }
        os.environ.update(environment)
        manage({}, "migrate", "--verbosity", "0")
        measure(processes, options)


def measure(processes: Processes, options: argparse.Namespace) -> None:
    from benchmarks import driving  # noqa: PLC0415 - It needs the environment.
    from bookings.models import Booking  # noqa: PLC0415

    world = driving.make_world(shows=100, customers=200)
    wanted = driving.pairs(world)
    acknowledged: list[int] = []
    capacity = 0.0
    for title, limits in (
        ("as it comes", {}),
        (f"with REQUESTS_WAITING={options.waiting}", {"REQUESTS_WAITING": options.waiting}),
        ("without load shedding", {"REQUESTS_AT_ONCE": "0"}),
    ):
        server = processes.web(options.port, limits)
        warm = driving.book_in_turn(options.port, world, wanted, clients=8, seconds=2)
        acknowledged += asyncio.run(warm).booked
        calm = asyncio.run(
            driving.book_in_turn(options.port, world, wanted, clients=8, seconds=options.seconds)
        )
        capacity = capacity or len(calm.booked) / calm.took
        rush = asyncio.run(
            driving.book_at_rate(
                options.port, world, wanted, rate=options.times * capacity, seconds=options.seconds
            )
        )
        acknowledged += calm.booked + rush.booked
        print(f"\n{title}")
        print(f"  8 clients in turn        {calm.line(201)}")
        print(f"  offered {options.times * capacity:7.1f}/s        {rush.line(201)}")
        for status in sorted(rush.seconds.keys() - {201}):
            print(f"                           {rush.line(status)}")
        print(f"  no answer within 10 s    {dict(rush.lost) or 'none'}")
        server.terminate()
        server.wait()
    kept = Booking.objects.filter(pk__in=acknowledged).count()
    print(f"\n{len(acknowledged)} bookings were acknowledged; {kept} are there.")
    print(manage({}, "check_invariants").strip())
    sys.exit(kept != len(acknowledged))


if __name__ == "__main__":
    main()
