# What the official node:24-trixie-slim offers to a build: node, npm and npx in /usr/local/bin.
ARG DEBIAN
FROM ${DEBIAN} AS strip
RUN apt-get update \
 && apt-get install --yes --no-install-recommends binutils
COPY node /usr/local/bin/node
# Symbols are 18 MB of the binary, and nobody debugs V8 in here.
RUN strip /usr/local/bin/node

FROM ${DEBIAN}
COPY --from=strip /usr/local/bin/node /usr/local/bin/node
ADD npm.tgz /usr/local/lib/node_modules/
RUN cd /usr/local/lib/node_modules \
 && mv package npm \
 && chown -R root:root npm \
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && npm --version
CMD ["node"]
