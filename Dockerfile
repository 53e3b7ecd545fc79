# One image for every part; the command chooses: the hub (dist/hub/cli.js) or the lab (dist/sandbox/cli.js).
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY hub hub
COPY connectors connectors
COPY workflows workflows
COPY sandbox sandbox
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# All that is written goes to /data or, by kivuko-lab setup, to /setup: the rest of the file system may be read-only. A new
# volume takes over who owns the folder that it is mounted on.
RUN mkdir -p /data /setup/hub /setup/switch /setup/client /setup/database && chown -R node:node /data /setup
USER node
EXPOSE 4000
ENTRYPOINT ["node"]
CMD ["dist/hub/cli.js", "start"]
