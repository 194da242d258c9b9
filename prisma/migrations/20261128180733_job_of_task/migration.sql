-- The job by which a task was claimed. Another hint for it then takes nothing from the worker that holds this one.
ALTER TABLE "tasks" ADD COLUMN "job_id" UUID;
