-- What a task writes anew, or goes on with, is remembered with it: a takeover begins with the same copied text.
ALTER TABLE "tasks" ADD COLUMN "part" TEXT,
ADD COLUMN "continue_from" UUID;

ALTER TABLE "tasks" ADD CONSTRAINT "tasks_start_check" CHECK (
  (part IS NULL OR continue_from IS NULL) AND ((part IS NULL AND continue_from IS NULL) OR cardinality(stages) = 1));
ALTER TABLE "rewrites" DROP CONSTRAINT "rewrites_kind_check";
ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_kind_check" CHECK (kind IN ('generated', 'continued', 'edited', 'restored', 'accepted'));
