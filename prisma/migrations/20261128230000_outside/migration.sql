-- AlterTable
ALTER TABLE "tasks" ADD COLUMN     "outside" JSONB;

-- CreateTable
CREATE TABLE "processors" (
    "id" UUID NOT NULL,
    "pipeline" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "secret_encrypted" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL,
    "time_limit_ms" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "processors_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outside_tasks" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "stage_key" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "processor_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "input_rewrite_id" UUID,
    "base_rewrite_id" UUID,
    "instruction" TEXT,
    "status" TEXT NOT NULL DEFAULT 'open',
    "deadline_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "outside_tasks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outside_messages" (
    "outside_task_id" UUID NOT NULL,
    "message_id" TEXT NOT NULL,
    "accepted" BOOLEAN NOT NULL,
    "reason" TEXT,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "outside_messages_pkey" PRIMARY KEY ("outside_task_id","message_id")
);

-- CreateTable
CREATE TABLE "webhooks" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "created_by" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "events" TEXT[],
    "secret_encrypted" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "problem" TEXT,
    "failing_since" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "processor_id" UUID,
    "outside_task_id" UUID,
    "webhook_id" UUID,
    "event" TEXT NOT NULL,
    "payload" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "tries" JSONB NOT NULL DEFAULT '[]',
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "give_up_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "outside_tasks_task_id_idx" ON "outside_tasks"("task_id");

-- CreateIndex
CREATE INDEX "webhooks_workspace_id_idx" ON "webhooks"("workspace_id");

-- CreateIndex
CREATE INDEX "deliveries_webhook_id_created_at_idx" ON "deliveries"("webhook_id", "created_at");

-- CreateIndex
CREATE INDEX "deliveries_outside_task_id_idx" ON "deliveries"("outside_task_id");

-- AddForeignKey
ALTER TABLE "outside_tasks" ADD CONSTRAINT "outside_tasks_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "outside_tasks" ADD CONSTRAINT "outside_tasks_processor_id_fkey" FOREIGN KEY ("processor_id") REFERENCES "processors"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "outside_messages" ADD CONSTRAINT "outside_messages_outside_task_id_fkey" FOREIGN KEY ("outside_task_id") REFERENCES "outside_tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_processor_id_fkey" FOREIGN KEY ("processor_id") REFERENCES "processors"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_outside_task_id_fkey" FOREIGN KEY ("outside_task_id") REFERENCES "outside_tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is not in the reach of schema.prisma; constraints.test.ts proves each rule with a write that fails.

-- Closed lists of words.
ALTER TABLE "outside_tasks" ADD CONSTRAINT "outside_tasks_kind_check" CHECK (kind IN ('generated', 'continued'));
ALTER TABLE "outside_tasks" ADD CONSTRAINT "outside_tasks_status_check" CHECK (status IN ('open', 'done', 'failed', 'cancelled'));
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_events_check" CHECK (
  cardinality(events) > 0 AND events <@ ARRAY['task.completed', 'task.failed', 'task.cancelled', 'task.waiting']);
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_problem_check" CHECK (problem IN ('gone', 'failing'));
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_status_check" CHECK (status IN ('pending', 'delivered', 'failed', 'dropped'));

-- Facts that come together or not at all.
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_outside_check" CHECK (outside IS NULL OR status = 'waiting');
ALTER TABLE "processors" ADD CONSTRAINT "processors_time_limit_check" CHECK (time_limit_ms > 0);
ALTER TABLE "processors" ADD CONSTRAINT "processors_removed_check" CHECK (removed_at IS NULL OR NOT active);
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_removed_check" CHECK (removed_at IS NULL OR NOT active);
ALTER TABLE "outside_tasks" ADD CONSTRAINT "outside_tasks_ended_check" CHECK ((status = 'open') = (ended_at IS NULL));
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_ended_check" CHECK ((status = 'pending') = (ended_at IS NULL));
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_kind_check" CHECK (
  CASE kind WHEN 'webhook' THEN webhook_id IS NOT NULL AND num_nonnulls(processor_id, outside_task_id) = 0
            WHEN 'job' THEN webhook_id IS NULL AND num_nonnulls(processor_id, outside_task_id) = 2
            WHEN 'cancel' THEN webhook_id IS NULL AND num_nonnulls(processor_id, outside_task_id) = 2
            ELSE false END);

-- At most one of a kind.
CREATE UNIQUE INDEX "processors_one_active_per_stage" ON "processors" (pipeline, stage) WHERE active;
CREATE UNIQUE INDEX "outside_tasks_one_open_per_task" ON "outside_tasks" (task_id) WHERE status = 'open';

-- Partial, so it stays as small as what is on its way.
CREATE INDEX "deliveries_due_idx" ON "deliveries" (due_at) WHERE status = 'pending';
CREATE INDEX "deliveries_ended_idx" ON "deliveries" (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX "outside_messages_received_at_idx" ON "outside_messages" (received_at);

-- An outside task ends once: what a late message says of it changes nothing.
CREATE FUNCTION refuse_change_of_ended_outside_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'outside task % has ended as % and can not change', OLD.id, OLD.status
    USING ERRCODE = 'check_violation', CONSTRAINT = 'outside_tasks_ended_immutable';
END $$;
CREATE TRIGGER "outside_tasks_ended_immutable" BEFORE UPDATE ON "outside_tasks"
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_ended_outside_task();

-- What each index is for.
COMMENT ON INDEX "processors_one_active_per_stage" IS 'one active processor of a stage; projectStanding';
COMMENT ON INDEX "outside_tasks_task_id_idx" IS 'the foreign key''s cascade';
COMMENT ON INDEX "outside_tasks_one_open_per_task" IS 'one open outside task of a task; sweepRows';
COMMENT ON INDEX "outside_messages_received_at_idx" IS 'forgetDeliveries';
COMMENT ON INDEX "webhooks_workspace_id_idx" IS 'listWebhooks, insertWebhookDeliveries';
COMMENT ON INDEX "deliveries_webhook_id_created_at_idx" IS 'listDeliveries';
COMMENT ON INDEX "deliveries_outside_task_id_idx" IS 'dropDeliveries';
COMMENT ON INDEX "deliveries_due_idx" IS 'takeDueDeliveries';
COMMENT ON INDEX "deliveries_ended_idx" IS 'forgetDeliveries';
