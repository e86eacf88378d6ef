from datetime import timedelta

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        # The models are not loaded before this point.
        from bookings.tasks import Job, register_job, register_queue
        from reports import services, tasks

        register_queue("reports", tasks.start_run)
        register_queue("report_mails", tasks.start_report_mail)
        register_job(
            "queue_report_mails",
            Job(timedelta(minutes=5), lambda job: services.queue_report_mails(now=job.started_at)),
        )
        register_job(
            "forget_old_report_files",
            Job(timedelta(days=1), lambda job: services.forget_old_runs()),
        )
