-- The foundation. The first part is Prisma's own (migrate diff); the second is by hand.

-- CreateTable
CREATE TABLE "workspaces" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "personal_of" TEXT,
    "event_seq" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "workspaces_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "workspace_id" UUID NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("workspace_id","user_id")
);

-- CreateTable
CREATE TABLE "projects" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "created_by" TEXT NOT NULL,
    "pipeline" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "last_rewrite_no" INTEGER NOT NULL DEFAULT 0,
    "archived_at" TIMESTAMPTZ(3),
    "removed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stages" (
    "project_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'ready',
    "locked" BOOLEAN NOT NULL DEFAULT false,
    "current_rewrite_id" UUID,
    "last_rewrite_id" UUID,
    "failure" JSONB,

    CONSTRAINT "stages_pkey" PRIMARY KEY ("project_id","key")
);

-- CreateTable
CREATE TABLE "rewrites" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "stage_key" TEXT NOT NULL,
    "no" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "task_id" UUID,
    "attempt" INTEGER NOT NULL,
    "length" INTEGER NOT NULL DEFAULT 0,
    "spans" JSONB NOT NULL,
    "checkpoint" JSONB,
    "ending" TEXT,
    "text" TEXT,
    "sha256" TEXT,
    "input_rewrite_id" UUID,
    "base_rewrite_id" UUID,
    "instruction" TEXT,
    "created_by" TEXT,
    "summary" TEXT,
    "prompt_tokens" INTEGER,
    "completion_tokens" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "rewrites_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chunks" (
    "rewrite_id" UUID NOT NULL,
    "offset" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "length" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "chunks_pkey" PRIMARY KEY ("rewrite_id","offset")
);

-- CreateTable
CREATE TABLE "drafts" (
    "project_id" UUID NOT NULL,
    "stage_key" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "base_rewrite_id" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "drafts_pkey" PRIMARY KEY ("project_id","stage_key","user_id")
);

-- CreateTable
CREATE TABLE "tasks" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "created_by" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'queued',
    "stages" TEXT[],
    "current_stage" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "worker_id" TEXT,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "idempotency_key" TEXT,
    "request_hash" TEXT NOT NULL,
    "instruction" TEXT,
    "inputs" JSONB NOT NULL,
    "model" TEXT,
    "review_each" BOOLEAN NOT NULL DEFAULT false,
    "retry_of" UUID,
    "failure" JSONB,
    "crashes" INTEGER NOT NULL DEFAULT 0,
    "furthest_length" INTEGER NOT NULL DEFAULT 0,
    "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
    "completion_tokens" INTEGER NOT NULL DEFAULT 0,
    "usage_estimated" BOOLEAN NOT NULL DEFAULT false,
    "event_seq" BIGINT NOT NULL,
    "first_claimed_at" TIMESTAMPTZ(3),
    "waited_ms" BIGINT NOT NULL DEFAULT 0,
    "waiting_since" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "tasks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task_stages" (
    "task_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'queued',
    "rewrite_id" UUID,
    "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
    "completion_tokens" INTEGER NOT NULL DEFAULT 0,
    "summary" TEXT,
    "failure" JSONB,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "task_stages_pkey" PRIMARY KEY ("task_id","key")
);

-- CreateTable
CREATE TABLE "attempts" (
    "task_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "worker_id" TEXT NOT NULL,
    "outcome" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "attempts_pkey" PRIMARY KEY ("task_id","attempt")
);

-- CreateTable
CREATE TABLE "calls" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "stage_key" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "provider_name" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "messages" JSONB NOT NULL,
    "outcome" TEXT,
    "failure" JSONB,
    "first_text_ms" INTEGER,
    "prompt_tokens" INTEGER,
    "completion_tokens" INTEGER,
    "usage_estimated" BOOLEAN NOT NULL DEFAULT false,
    "reasoning" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "calls_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "providers" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "base_url" TEXT NOT NULL,
    "api_key_encrypted" TEXT NOT NULL,
    "models" JSONB NOT NULL,
    "active" BOOLEAN NOT NULL,
    "origin" TEXT NOT NULL,
    "weight" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "providers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_verified" BOOLEAN NOT NULL DEFAULT false,
    "image" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "role" TEXT NOT NULL DEFAULT 'user',
    "language" TEXT,
    "theme" TEXT,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "token" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ip_address" TEXT,
    "user_agent" TEXT,
    "user_id" TEXT NOT NULL,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "accounts" (
    "id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "access_token" TEXT,
    "refresh_token" TEXT,
    "id_token" TEXT,
    "access_token_expires_at" TIMESTAMPTZ(3),
    "refresh_token_expires_at" TIMESTAMPTZ(3),
    "scope" TEXT,
    "password" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verifications" (
    "id" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "verifications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "config_id" TEXT NOT NULL DEFAULT 'default',
    "name" TEXT,
    "start" TEXT,
    "reference_id" TEXT NOT NULL,
    "prefix" TEXT,
    "key" TEXT NOT NULL,
    "refill_interval" INTEGER,
    "refill_amount" INTEGER,
    "last_refill_at" TIMESTAMPTZ(3),
    "enabled" BOOLEAN DEFAULT true,
    "rate_limit_enabled" BOOLEAN DEFAULT true,
    "rate_limit_time_window" INTEGER,
    "rate_limit_max" INTEGER,
    "request_count" INTEGER DEFAULT 0,
    "remaining" INTEGER,
    "last_request" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "permissions" TEXT,
    "metadata" TEXT,

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rate_limits" (
    "id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "last_request" BIGINT NOT NULL,

    CONSTRAINT "rate_limits_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "workspaces_personal_of_key" ON "workspaces"("personal_of");

-- CreateIndex
CREATE INDEX "memberships_user_id_idx" ON "memberships"("user_id");

-- CreateIndex
CREATE INDEX "projects_workspace_id_updated_at_idx" ON "projects"("workspace_id", "updated_at");

-- CreateIndex
CREATE UNIQUE INDEX "projects_id_workspace_id_key" ON "projects"("id", "workspace_id");

-- CreateIndex
CREATE INDEX "stages_current_rewrite_id_idx" ON "stages"("current_rewrite_id");

-- CreateIndex
CREATE INDEX "stages_last_rewrite_id_idx" ON "stages"("last_rewrite_id");

-- CreateIndex
CREATE INDEX "rewrites_project_id_stage_key_no_idx" ON "rewrites"("project_id", "stage_key", "no");

-- CreateIndex
CREATE INDEX "rewrites_task_id_idx" ON "rewrites"("task_id");

-- CreateIndex
CREATE UNIQUE INDEX "rewrites_project_id_no_key" ON "rewrites"("project_id", "no");

-- CreateIndex
CREATE INDEX "tasks_workspace_id_event_seq_idx" ON "tasks"("workspace_id", "event_seq");

-- CreateIndex
CREATE INDEX "tasks_workspace_id_created_at_idx" ON "tasks"("workspace_id", "created_at");

-- CreateIndex
CREATE INDEX "tasks_project_id_created_at_idx" ON "tasks"("project_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "tasks_created_by_idempotency_key_key" ON "tasks"("created_by", "idempotency_key");

-- CreateIndex
CREATE INDEX "calls_task_id_started_at_idx" ON "calls"("task_id", "started_at");

-- CreateIndex
CREATE INDEX "calls_created_by_started_at_idx" ON "calls"("created_by", "started_at");

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE UNIQUE INDEX "sessions_token_key" ON "sessions"("token");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE INDEX "accounts_user_id_idx" ON "accounts"("user_id");

-- CreateIndex
CREATE INDEX "verifications_identifier_idx" ON "verifications"("identifier");

-- CreateIndex
CREATE INDEX "api_keys_config_id_idx" ON "api_keys"("config_id");

-- CreateIndex
CREATE INDEX "api_keys_reference_id_idx" ON "api_keys"("reference_id");

-- CreateIndex
CREATE INDEX "api_keys_key_idx" ON "api_keys"("key");

-- CreateIndex
CREATE UNIQUE INDEX "rate_limits_key_key" ON "rate_limits"("key");

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "projects" ADD CONSTRAINT "projects_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stages" ADD CONSTRAINT "stages_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stages" ADD CONSTRAINT "stages_current_rewrite_id_fkey" FOREIGN KEY ("current_rewrite_id") REFERENCES "rewrites"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "stages" ADD CONSTRAINT "stages_last_rewrite_id_fkey" FOREIGN KEY ("last_rewrite_id") REFERENCES "rewrites"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_project_id_stage_key_fkey" FOREIGN KEY ("project_id", "stage_key") REFERENCES "stages"("project_id", "key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_rewrite_id_fkey" FOREIGN KEY ("rewrite_id") REFERENCES "rewrites"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "drafts" ADD CONSTRAINT "drafts_project_id_stage_key_fkey" FOREIGN KEY ("project_id", "stage_key") REFERENCES "stages"("project_id", "key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_project_id_workspace_id_fkey" FOREIGN KEY ("project_id", "workspace_id") REFERENCES "projects"("id", "workspace_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_stages" ADD CONSTRAINT "task_stages_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "calls" ADD CONSTRAINT "calls_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;



-- What follows is not in the reach of schema.prisma. The database refuses rows that must never be, whoever writes them;
-- packages/db/src/ports/constraints.test.ts proves each one with a write that fails.

-- Closed lists of words.
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_role_check" CHECK (role IN ('owner', 'member'));
ALTER TABLE "stages" ADD CONSTRAINT "stages_status_check"
  CHECK (status IN ('ready', 'queued', 'running', 'waiting', 'done', 'stopped', 'failed'));
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_kind_check" CHECK (kind IN ('generated', 'edited', 'restored'));
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_ending_check"
  CHECK (ending IN ('complete', 'cutOff', 'stopped', 'interrupted'));
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check"
  CHECK (status IN ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'));
ALTER TABLE "task_stages" ADD CONSTRAINT "task_stages_status_check"
  CHECK (status IN ('queued', 'running', 'done', 'stopped', 'failed'));
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_outcome_check"
  CHECK (outcome IN ('completed', 'failed', 'cancelled', 'waiting', 'handedBack', 'superseded'));
ALTER TABLE "calls" ADD CONSTRAINT "calls_outcome_check" CHECK (outcome IN ('finished', 'failed', 'aborted'));
ALTER TABLE "providers" ADD CONSTRAINT "providers_origin_check" CHECK (origin IN ('user', 'environment'));

-- Numbers that only grow or count.
ALTER TABLE "workspaces" ADD CONSTRAINT "workspaces_event_seq_check" CHECK (event_seq >= 0);
ALTER TABLE "projects" ADD CONSTRAINT "projects_revision_check" CHECK (revision >= 0 AND last_rewrite_no >= 0);
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_no_check" CHECK (no > 0);
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_attempt_check" CHECK (attempt >= 0);
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_length_check" CHECK (length >= 0);
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_length_check" CHECK (length > 0 AND "offset" >= 0);
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_attempt_check" CHECK (attempt >= 0);
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_attempt_check" CHECK (attempt >= 0);
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_attempt_check" CHECK (attempt > 0);

-- Facts that come together or not at all.
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_closed_check"
  CHECK (num_nulls(closed_at, text, sha256, ending) IN (0, 4));
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_ended_check"
  CHECK ((status IN ('completed', 'failed', 'cancelled')) = (ended_at IS NOT NULL));
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_failure_check" CHECK ((status = 'failed') = (failure IS NOT NULL));
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_ended_check" CHECK ((outcome IS NULL) = (ended_at IS NULL));
ALTER TABLE "calls" ADD CONSTRAINT "calls_ended_check" CHECK ((outcome IS NULL) = (ended_at IS NULL));

-- At most one of a kind.
CREATE UNIQUE INDEX "tasks_one_running_per_project" ON "tasks" (project_id) WHERE status = 'running';
CREATE UNIQUE INDEX "rewrites_one_open_per_project" ON "rewrites" (project_id) WHERE closed_at IS NULL;

-- Partial, so they stay as small as what is going on.
CREATE INDEX "tasks_alive_idx" ON "tasks" (status, created_by, created_at) WHERE status IN ('queued', 'running', 'waiting');
CREATE INDEX "tasks_idempotency_idx" ON "tasks" (created_at) WHERE idempotency_key IS NOT NULL;

-- An ended task stays as it ended. It may be hidden, counted as changed, and its idempotency key forgotten.
CREATE FUNCTION refuse_change_of_ended_task() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  allowed tasks := OLD;
BEGIN
  allowed.removed_at := NEW.removed_at;
  allowed.event_seq := NEW.event_seq;
  allowed.idempotency_key := NEW.idempotency_key;
  allowed.updated_at := NEW.updated_at;
  IF NEW IS DISTINCT FROM allowed THEN
    RAISE EXCEPTION 'task % has ended as % and can not change', OLD.id, OLD.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'tasks_ended_immutable';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "tasks_ended_immutable" BEFORE UPDATE ON "tasks"
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_ended_task();

CREATE FUNCTION refuse_change_of_ended_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'attempt % of task % has ended and can not change', OLD.attempt, OLD.task_id
    USING ERRCODE = 'check_violation', CONSTRAINT = 'attempts_ended_immutable';
END $$;
CREATE TRIGGER "attempts_ended_immutable" BEFORE UPDATE ON "attempts"
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_ended_attempt();

-- A closed text is quoted by its hash, cached by clients and the base of other texts.
CREATE FUNCTION refuse_change_of_closed_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rewrite % is closed and can not change', OLD.id
    USING ERRCODE = 'check_violation', CONSTRAINT = 'rewrites_closed_immutable';
END $$;
CREATE TRIGGER "rewrites_closed_immutable" BEFORE UPDATE ON "rewrites"
  FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_closed_rewrite();

-- A stage points at rewrites of its own, and its current one is closed. Once true it stays true: closed rewrites don't change.
CREATE FUNCTION refuse_foreign_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.current_rewrite_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM rewrites
    WHERE id = NEW.current_rewrite_id AND project_id = NEW.project_id AND stage_key = NEW.key AND closed_at IS NOT NULL
  ) THEN
    RAISE EXCEPTION 'rewrite % is not a closed rewrite of stage % of project %', NEW.current_rewrite_id, NEW.key, NEW.project_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stages_own_rewrites';
  END IF;
  IF NEW.last_rewrite_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM rewrites WHERE id = NEW.last_rewrite_id AND project_id = NEW.project_id AND stage_key = NEW.key
  ) THEN
    RAISE EXCEPTION 'rewrite % is not a rewrite of stage % of project %', NEW.last_rewrite_id, NEW.key, NEW.project_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stages_own_rewrites';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "stages_own_rewrites" BEFORE INSERT OR UPDATE ON "stages"
  FOR EACH ROW WHEN (NEW.current_rewrite_id IS NOT NULL OR NEW.last_rewrite_id IS NOT NULL)
  EXECUTE FUNCTION refuse_foreign_rewrite();

-- What each index is for.
COMMENT ON INDEX "workspaces_personal_of_key" IS 'workspacesOf: one personal workspace per user';
COMMENT ON INDEX "memberships_user_id_idx" IS 'workspacesOf, isMember';
COMMENT ON INDEX "projects_id_workspace_id_key" IS 'target of the foreign key that keeps a task in its project''s workspace';
COMMENT ON INDEX "projects_workspace_id_updated_at_idx" IS 'listProjects';
COMMENT ON INDEX "stages_current_rewrite_id_idx" IS 'the foreign key''s check when rewrites are purged';
COMMENT ON INDEX "stages_last_rewrite_id_idx" IS 'the foreign key''s check when rewrites are purged';
COMMENT ON INDEX "rewrites_project_id_no_key" IS 'rewriteByNo; a number is given once';
COMMENT ON INDEX "rewrites_project_id_stage_key_no_idx" IS 'versions';
COMMENT ON INDEX "rewrites_task_id_idx" IS 'rewritesOfTask, taskDetails';
COMMENT ON INDEX "rewrites_one_open_per_project" IS 'openRewriteOf, projectLook; one open rewrite per project';
COMMENT ON INDEX "tasks_created_by_idempotency_key_key" IS 'taskByIdempotencyKey; a key makes one task';
COMMENT ON INDEX "tasks_workspace_id_event_seq_idx" IS 'changedTasks';
COMMENT ON INDEX "tasks_workspace_id_created_at_idx" IS 'listTasks';
COMMENT ON INDEX "tasks_project_id_created_at_idx" IS 'liveTasksOf, projectLook, listTasks of a project';
COMMENT ON INDEX "tasks_one_running_per_project" IS 'one running task per project';
COMMENT ON INDEX "tasks_alive_idx" IS 'countTasks, queuePosition, queuedTasksToWake, sweepRows';
COMMENT ON INDEX "tasks_idempotency_idx" IS 'forgetIdempotencyKeys';
COMMENT ON INDEX "calls_task_id_started_at_idx" IS 'taskDetails';
COMMENT ON INDEX "calls_created_by_started_at_idx" IS 'callsInLastHour';
COMMENT ON INDEX "users_email_key" IS 'sign-in: the user of an address';
COMMENT ON INDEX "sessions_token_key" IS 'the session of a cookie';
COMMENT ON INDEX "sessions_user_id_idx" IS 'the sessions of a user';
COMMENT ON INDEX "accounts_user_id_idx" IS 'the ways a user signs in';
COMMENT ON INDEX "verifications_identifier_idx" IS 'the verification of an address';
COMMENT ON INDEX "api_keys_config_id_idx" IS 'keys of a kind';
COMMENT ON INDEX "api_keys_reference_id_idx" IS 'the keys of a user';
COMMENT ON INDEX "api_keys_key_idx" IS 'the key of a request';
COMMENT ON INDEX "rate_limits_key_key" IS 'how often an address tried';
