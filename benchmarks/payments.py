"""
`python -m benchmarks.payments`: the adversary of the payments, at length.

Games of `bookings/tests/adversary.py` on PostgreSQL, each in a database and a process of its own:
rivals in threads; between their rounds processes that reach the provider over the wire and are
killed with SIGKILL in the midst of what they do. Each game then comes to rest, and is judged: by
`check_invariants`, and by the adversary's own sums against the provider's books.
"""

import argparse
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.machine import ROOT, Postgres

EMPTY = "empty"
ROUNDS = 4
VICTIMS = 3
MAX_SECONDS = 900  # A longer game hangs, which is reported as a fault.


def main() -> None:
    asked = _arguments()
    if asked.game is not None:
        print(json.dumps(play(asked.game, asked.payments, asked.rivals)))
        return
    # Asked to stop, it lets the games end that have begun, and stops what it has started.
    signal.signal(signal.SIGTERM, lambda *_: setattr(asked, "minutes", 0))
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="booking-payments-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = Postgres(folder, max_connections="200")
        stack.callback(postgres.stop)
        postgres.run(f"CREATE DATABASE {EMPTY}")
        migrate = ["manage.py", "migrate", "--no-input", "--verbosity", "0"]
        subprocess.run(
            [sys.executable, *migrate], cwd=ROOT, env=_environment(postgres, EMPTY), check=True
        )
        raise SystemExit(_series(postgres, asked))


def _series(postgres: Postgres, asked: argparse.Namespace) -> int:
    """Play all games, several at once. Return the exit code."""
    began, lock, number = time.monotonic(), threading.Lock(), [0]
    total, seen, complaints = Counter[str](), Counter[str](), []

    def games() -> None:
        while True:
            with lock:
                is_late = time.monotonic() - began > 60 * asked.minutes
                if total["payments"] >= asked.payments or is_late or number[0] >= most:
                    return
                number[0] += 1
                seed = asked.seed + number[0]
            result = _game_apart(postgres, seed, asked)
            with lock:
                total.update(result["total"])
                seen.update(result["seen"])
                complaints.extend(f"game {seed}: {said}" for said in result["complaints"])
                rate = total["payments"] / (time.monotonic() - began)
                print(
                    f"game {seed}: {result['total']['payments']} payments in "
                    f"{result['seconds']:.0f} s; {total['payments']:,} so far, {rate:.1f}/s, "
                    f"{total['killed']} processes killed, {len(complaints)} complaints",
                    flush=True,
                )

    most = -(-asked.payments // asked.each)
    with ThreadPoolExecutor(asked.at_once) as pool:
        for future in [pool.submit(games) for _ in range(asked.at_once)]:
            future.result()
    seconds = time.monotonic() - began
    print("\n".join(f"- {fact}" for fact in machine.description()))
    print(
        f"{total['payments']:,} payments in {number[0]} games and {seconds:.0f} s: "
        f"{total['payments'] / seconds:.1f}/s; {total['killed']} processes killed"
    )
    for what, count in sorted(seen.items(), key=lambda pair: -pair[1]):
        print(f"{count:8,} {what}")
    print("\n".join(complaints) or "No complaints. The money agrees to the minor unit.")
    return bool(complaints) or not total["payments"]


def _game_apart(postgres: Postgres, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """
    Play a game in a process and a database of its own.

    In a shared database later games would be slower.
    """
    database = f"game_{seed}"
    postgres.run(f"CREATE DATABASE {database} TEMPLATE {EMPTY}")
    command = [
        sys.executable, "-m", "benchmarks.payments", "--game", str(seed),
        "--payments", str(asked.each), "--rivals", str(asked.rivals),
    ]  # fmt: skip
    began = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=_environment(postgres, database), timeout=MAX_SECONDS,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        result = json.loads(done.stdout) if done.returncode == 0 else None
        fault = done.stderr[-2000:]
        if result and result["complaints"] and fault:
            result["complaints"].append(fault)
    except subprocess.TimeoutExpired:
        result, fault = None, f"it took more than {MAX_SECONDS} s"
    result = result or {"total": {"payments": 0}, "seen": {}, "complaints": [fault]}
    postgres.run(f"DROP DATABASE {database} WITH (FORCE)")
    return {**result, "seconds": time.monotonic() - began}


def _environment(postgres: Postgres, database: str) -> dict[str, str]:
    throttles = ("ANON", "USER", "LOGIN", "BOOKING")
    return {
        **os.environ,
        **{f"THROTTLE_{name}": "off" for name in throttles},
        "ENV_FILE": os.devnull,
        "DEBUG": "True",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": postgres.url(database),
        "CACHE_URL": "locmemcache://",
        "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
        "PYTHONWARNINGS": "ignore",
    }


def play(seed: int, payments: int, rivals: int) -> dict[str, Any]:
    """Play one game in this process, whose database is empty."""
    import django  # noqa: PLC0415 - Only what plays has settings.

    django.setup()
    import stripe  # noqa: PLC0415
    from django.test import override_settings  # noqa: PLC0415

    from bookings.models import Payment  # noqa: PLC0415
    from bookings.tests.adversary import Adversary  # noqa: PLC0415
    from bookings.tests.playground import playground  # noqa: PLC0415
    from bookings.tests.stripe_server import serving  # noqa: PLC0415

    over_the_wire = stripe.RequestsClient.request
    chance = random.Random(seed)
    # With DEBUG Django would remember each query.
    with override_settings(DEBUG=False), playground(seed) as server, serving(server):
        game = Adversary(server, seed=seed)
        for turn in range(1, ROUNDS + 1):
            _rival_in_threads(game, payments * turn // ROUNDS, rivals, f"{seed}:{turn}")
            _die_in_processes(game, chance, over_the_wire)
        game.settle()
        return {
            "total": {"payments": Payment.objects.count(), "killed": ROUNDS * VICTIMS},
            "seen": dict(game.seen),
            "complaints": game.complaints(),
        }


def _rival_in_threads(game: Any, payments: int, rivals: int, seed: str) -> None:
    from django.db import connection  # noqa: PLC0415

    def rival(number: int) -> None:
        try:
            game.play(payments, chance=random.Random(f"{seed}:{number}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(rivals) as pool:
        for future in [pool.submit(rival, number) for number in range(rivals)]:
            future.result()


def _die_in_processes(game: Any, chance: random.Random, over_the_wire: Any) -> None:
    """Fork processes that continue the game, and kill each."""
    from django.db import connections  # noqa: PLC0415

    connections.close_all()  # Nobody shares a connection.
    pids = [_victim(game, chance.random(), over_the_wire) for _ in range(VICTIMS)]
    for pid in pids:
        time.sleep(chance.uniform(0.3, 1.2))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            game.faults.append("a process that was to be killed had failed before")
    game.recall()


def _victim(game: Any, seed: float, over_the_wire: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        import stripe  # noqa: PLC0415
        from django.conf import settings  # noqa: PLC0415

        from bookings.payments import providers  # noqa: PLC0415

        # The provider must outlive this process, so it is reached over the wire like the real one.
        stripe.RequestsClient.request = over_the_wire
        settings.STRIPE_API_BASE = game.server.url
        providers.stripe_gateway.cache_clear()
        game.play_for_ever(random.Random(seed))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.payments",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--payments", type=int, default=50_000, help="attempts to pay, in all")
    parser.add_argument("--each", type=int, default=1_000, help="attempts in one game")
    parser.add_argument("--rivals", type=int, default=3, help="threads of a game")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="games at once")
    parser.add_argument("--minutes", type=float, default=120, help="no game begins after these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--game", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
