-- What a whole text was made from, as a hash: the same asked for again is offered instead of made anew.
ALTER TABLE "rewrites" ADD COLUMN "fingerprint" TEXT;

CREATE INDEX "rewrites_fingerprint_idx" ON "rewrites"("fingerprint");

COMMENT ON INDEX rewrites_fingerprint_idx IS 'madeText: what has been made from the same already';

ALTER TABLE "rewrites" ADD CONSTRAINT "rewrites_fingerprint_check" CHECK (
  fingerprint IS NULL OR (ending IS NOT DISTINCT FROM 'complete' AND kind = 'generated'));
