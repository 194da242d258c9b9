# The server of compose.yaml. Not built yet: there was no Docker where it was written.
FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
RUN node scripts/bootstrap.mjs build
ENV NODE_ENV=production
RUN mkdir /data && chown node /data
USER node
EXPOSE 3000
CMD ["node", "apps/server/src/main.ts"]
