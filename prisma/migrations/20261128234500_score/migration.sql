-- What a stage that judges gave, 0 to 100.
ALTER TABLE "task_stages" ADD COLUMN "score" INTEGER;

ALTER TABLE "task_stages" ADD CONSTRAINT "task_stages_score_check" CHECK (score BETWEEN 0 AND 100);
