"""The frame: settings, API edge, database, caches and server."""

import multiprocessing
import signal

# granian forks its workers with the handlers of its main process, and a worker has its own only
# once the application is imported. Until then SIGTERM would do nothing, and the server would hang.
if multiprocessing.current_process().name == "granian-worker":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
