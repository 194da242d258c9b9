-- Files that people upload and that stages leave. A row is there before its content and goes after it.

-- CreateTable
CREATE TABLE "files" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "project_id" UUID,
    "rewrite_id" UUID,
    "created_by" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "format" TEXT,
    "bytes" BIGINT,
    "sha256" TEXT,
    "stored_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "files_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "files_rewrite_id_key" ON "files"("rewrite_id");

-- CreateIndex
CREATE INDEX "files_project_id_idx" ON "files"("project_id");

-- AddForeignKey
ALTER TABLE "files" ADD CONSTRAINT "files_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "files" ADD CONSTRAINT "files_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- By hand from here on.
ALTER TABLE "files" ADD CONSTRAINT "files_format_check" CHECK (format IN ('txt', 'md', 'srt', 'docx', 'pdf'));
ALTER TABLE "files" ADD CONSTRAINT "files_bytes_check" CHECK (bytes >= 0);
ALTER TABLE "files" ADD CONSTRAINT "files_name_check" CHECK (name <> '');
-- What is stored has its size and its hash, and only that belongs to a project or a version.
ALTER TABLE "files" ADD CONSTRAINT "files_stored_check" CHECK (num_nulls(stored_at, bytes, sha256) IN (0, 3));
ALTER TABLE "files" ADD CONSTRAINT "files_owner_check"
  CHECK (stored_at IS NOT NULL OR num_nonnulls(project_id, rewrite_id) = 0);

-- Partial, so they stay as small as what is to be forgotten.
CREATE INDEX "files_unowned_idx" ON "files" (created_at) WHERE project_id IS NULL;
CREATE INDEX "projects_removed_idx" ON "projects" (removed_at) WHERE removed_at IS NOT NULL;

COMMENT ON INDEX "files_rewrite_id_key" IS 'filesOfRewrites, releaseFilesOf; a version has one file';
COMMENT ON INDEX "files_project_id_idx" IS 'the foreign key''s work when projects are purged';
COMMENT ON INDEX "files_unowned_idx" IS 'filesToForget';
COMMENT ON INDEX "projects_removed_idx" IS 'purgeProjects';
