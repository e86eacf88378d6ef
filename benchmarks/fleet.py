"""
A fleet on one machine: `python -m benchmarks.fleet`.

PostgreSQL with a streaming replica (made by pg_basebackup), pgbouncer in transaction mode before the
primary, Redis, a worker, two web servers, and nginx before them, all as docs/operations.md has it.
Customers book, pay and look; in the middle one web server is killed with SIGKILL. Then: no
booking that was acknowledged is lost, no seat is in two bookings, everyone saw what they had
written, the invariants hold, and no process has more connections than it was given.

Needs requirements-dev.txt, and `apt-get install nginx-light pgbouncer redis-server`.
"""

import argparse
import os
import shutil
import signal
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import redis

from benchmarks.fleet_customers import Customer, Seen
from benchmarks.machine import query
from benchmarks.processes import Processes, manage, world
from benchmarks.workloads import free_pairs

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_max_body_size 5m;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream web {{
        server 127.0.0.1:{first} max_fails=3 fail_timeout=2s;
        server 127.0.0.1:{second} max_fails=3 fail_timeout=2s;
        keepalive 32;
        # Shorter than granian's 30 s: a POST on a connection that is just being closed is lost.
        keepalive_timeout 20s;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://web;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto https;
            proxy_connect_timeout 1s;
            # A server that is gone is passed over; only what may be sent twice is sent again.
            proxy_next_upstream error timeout;
        }}
    }}
}}
"""
BOOKINGS = """
SELECT booking.id, booking.show_id, booking.status, array_agg(seat.seat_id ORDER BY line.id)
FROM bookings_booking booking
JOIN bookings_bookedseat line ON line.booking_id = booking.id
JOIN shows_showseat seat ON seat.id = line.show_seat_id
GROUP BY booking.id
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8222, help="of nginx; two more for the servers")
    parser.add_argument(
        "--postgres-port",
        type=int,
        default=55442,
        help="port of the primary; the replica has the next one",
    )
    parser.add_argument("--pgbouncer-port", type=int, default=6440)
    parser.add_argument("--redis-port", type=int, default=6390)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--customers", type=int, default=16)
    parser.add_argument("--pool", type=int, default=16, help="connections of pgbouncer")
    options = parser.parse_args()
    for program in ("nginx", "pgbouncer", "redis-server"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: apt-get install nginx-light pgbouncer redis-server")
    with Processes() as processes:
        Fleet(processes, options).run()


class Fleet:
    def __init__(self, processes: Processes, options: argparse.Namespace) -> None:
        self.processes = processes
        self.options = options
        self.primary = options.postgres_port
        self.replica = options.postgres_port + 1
        self.web_ports = [options.port + 1, options.port + 2]

    def run(self) -> None:
        self.start_storage()
        os.environ.update(self.environment(pooled=False))
        manage({}, "migrate", "--verbosity", "0")
        path = self.processes.folder / "world.json"
        self.world = world(path, customers=self.options.customers, shows=60)
        self.start_web()
        seen = self.rush()
        self.report(seen)
        faults = list(self.faults(seen))
        for fault in faults:
            print(f"FAULT: {fault}")
        print(manage({}, "check_invariants").strip())
        sys.exit(bool(faults))

    # ---- Processes

    def start_storage(self) -> None:
        start, folder, options = self.processes.start, self.processes.folder, self.options
        url = self.processes.postgres(self.primary, wal_level="replica", max_connections=60)
        # The delay is long, so that a read of an own write from the replica is found.
        self.processes.postgres(self.replica, primary=self.primary, recovery_min_apply_delay="1s")
        start(
            "redis",
            ["redis-server", "--port", options.redis_port, "--save", "", "--dir", folder],
            lambda: redis.Redis(port=options.redis_port).ping(),
        )
        self.processes.pgbouncer(options.pgbouncer_port, url, pool=options.pool)

    @property
    def pooled(self) -> str:
        return f"postgres://booking@127.0.0.1:{self.options.pgbouncer_port}/postgres"

    @property
    def direct(self) -> str:
        return f"postgres://booking@127.0.0.1:{self.primary}/postgres"

    def environment(self, *, pooled: bool) -> dict[str, str]:
        return {
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": "a-secret-of-the-benchmark-that-is-long-enough-0123",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "DATABASE_URL": self.pooled if pooled else self.direct,
            "DATABASE_POOLED": str(pooled),
            "DATABASE_REPLICA_URL": f"postgres://booking@127.0.0.1:{self.replica}/postgres",
            "CACHE_URL": f"redis://127.0.0.1:{self.options.redis_port}/0",
            "TRUSTED_PROXIES": "1",
            "LOG_LEVEL": "WARNING",
            "THROTTLE_USER": "off",
            "THROTTLE_BOOKING": "off",
            "BOOKINGS_MAX_PENDING": "10000",
            "PAYMENT_PROVIDER": "sandbox",
            "ALLOW_SANDBOX_PAYMENTS": "True",
            "SANDBOX_WEBHOOK_SECRET": "a-secret-of-the-benchmark",
            "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
        }

    def start_web(self) -> None:
        environment = self.environment(pooled=True)
        self.webs = [self.processes.web(port, environment) for port in self.web_ports]
        self.processes.start(
            "worker",
            [sys.executable, "manage.py", "worker"],
            lambda: None,
            env={**os.environ, **environment},
            cwd=Path(__file__).resolve().parent.parent,
        )
        folder, (first, second) = self.processes.folder, self.web_ports
        config = folder / "nginx.conf"
        port = self.options.port
        config.write_text(NGINX.format(folder=folder, first=first, second=second, port=port))
        self.processes.start(
            "nginx",
            ["nginx", "-c", config],
            lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz/", timeout=5).close(),
        )

    # ---- Faults and load

    def rush(self) -> Seen:
        seen = Seen()
        self.ends = time.perf_counter() + self.options.seconds
        jobs = [partial(self.customer, number, seen) for number in range(self.options.customers)]
        jobs += [self.kill_one, self.count_connections]
        with ThreadPoolExecutor(len(jobs)) as pool:
            for job in [pool.submit(job) for job in jobs]:
                job.result()
        return seen

    def kill_one(self) -> None:
        time.sleep(self.options.seconds / 2)
        # The whole process group: the master and its workers, in the middle of their work.
        children = Path(f"/proc/{self.webs[0].pid}/task/{self.webs[0].pid}/children").read_text()
        for pid in [self.webs[0].pid, *map(int, children.split())]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        print(f"web-{self.web_ports[0]} killed after {self.options.seconds / 2:g} s")

    def count_connections(self) -> None:
        self.most: Counter[str] = Counter()
        while time.perf_counter() < self.ends:
            for name, url in (
                ("primary", self.direct),
                ("replica", self.direct.replace(str(self.primary), str(self.replica))),
            ):
                sql = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                self.most[name] = max(self.most[name], query(url, sql)[0][0])
            time.sleep(0.5)

    def customer(self, number: int, seen: Seen) -> None:
        show_of_best = self.world["rush"][0]["show"]
        customer = Customer(self.options.port, self.world.customer(number), show_of_best, seen)
        wanted = free_pairs(self.world, self.world["many"], number, self.options.customers)
        while time.perf_counter() < self.ends:
            customer.purchase(*next(wanted))
        customer.connection.close()

    # ---- Verdict

    def report(self, seen: Seen) -> None:
        seconds = self.options.seconds
        print(f"\n{len(seen.booked)} bookings, {len(seen.paid)} paid, in {seconds:g} s")
        for what, found in seen.seconds.items():
            found.sort()
            p50, p99 = found[len(found) // 2], found[int(len(found) * 0.99)]
            rate = len(found) / seconds
            print(f"  {what:6} {rate:7.1f}/s   p50 {1000 * p50:6.1f} ms   p99 {1000 * p99:6.1f} ms")
        answers = sorted(Counter(seen.answers).items())
        print("  answers:", ", ".join(f"{name} × {n}" for name, n in answers))
        print(f"  connections at the most: {dict(self.most)}")
        lag = "SELECT pg_wal_lsn_diff(sent_lsn, replay_lsn), replay_lag FROM pg_stat_replication"
        print(f"  replica behind by (bytes, time): {query(self.direct, lag)}")
        hits = "SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = 'postgres'"
        replica = self.direct.replace(str(self.primary), str(self.replica))
        print(f"  transactions: {query(self.direct, hits)[0][0]} on the primary, "
              f"{query(replica, hits)[0][0]} on the replica")  # fmt: skip

    def faults(self, seen: Seen) -> Iterator[str]:
        yield from seen.stale
        if query(self.pooled, "SHOW lock_timeout") != [("3s",)]:
            yield "the role's lock_timeout does not come through pgbouncer"
        if query(self.direct, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"):
            yield "an advisory lock outlived its transaction"
        kept = {row[0]: row[1:] for row in query(self.direct, BOOKINGS)}
        for booking_id, (show_id, seat_ids) in seen.booked.items():
            found = kept.get(booking_id, (None, None, []))
            if (found[0], tuple(found[2])) != (show_id, seat_ids):
                yield f"booking {booking_id} was acknowledged with {seat_ids} and is {found}"
            if booking_id in seen.paid and found[1] != "confirmed":
                yield f"booking {booking_id} was paid and is {found[1]}"
        wishes = Counter((show, seat) for show, seats in seen.booked.values() for seat in seats)
        yield from (f"{wish} sold {n} times" for wish, n in wishes.items() if n > 1)
        if not seen.paid:
            yield "nothing was sold"
        if self.most["primary"] > self.options.pool + 6:
            yield f"{self.most['primary']} connections to the primary, {self.options.pool} allowed"


if __name__ == "__main__":
    main()
