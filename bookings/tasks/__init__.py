"""
The tasks of the workers: messages, webhooks and periodic jobs.

Each is a task of Django's Tasks API that gets the id of a row and the number of the attempt.
A `start_…` function claims the next row that is due and enqueues its task. By default the task runs
in the same worker. With TASKS=redis any free worker of that queue runs it. In both cases an attempt
whose lease has ended writes nothing.
"""

from bookings.tasks.messages import send_messages, start_messages
from bookings.tasks.periodic import JOB_LEASE, JOBS, Job, register_job, run_job, start_job
from bookings.tasks.queues import QUEUES, register_queue
from bookings.tasks.webhooks import deliver_event, start_delivery, webhook_id

__all__ = [
    "JOBS",
    "JOB_LEASE",
    "QUEUES",
    "Job",
    "deliver_event",
    "register_job",
    "register_queue",
    "run_job",
    "send_messages",
    "start_delivery",
    "start_job",
    "start_messages",
    "webhook_id",
]
