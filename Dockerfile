# syntax=docker/dockerfile:1

# The browser libraries, as package-lock.json pins them. build.rs copies what pages need.
FROM node:22-bookworm-slim AS libraries
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs package.json package-lock.json ./
COPY --from=libraries /src/node_modules node_modules
COPY migrations migrations
COPY templates templates
COPY static static
COPY src src
# Cargo wants every target that the manifest names to be there; tests and benchmarks are not built.
COPY tests tests
COPY benches benches
RUN cargo build --release --locked --bin taylordash

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin taylordash \
 && install -d -o taylordash -g taylordash -m 0700 /data
COPY --from=build /src/target/release/taylordash /usr/local/bin/taylordash
COPY --from=build /src/static /usr/local/share/taylordash/static
ENV TAYLORDASH_LISTEN=0.0.0.0:8080 \
    TAYLORDASH_DATA_DIR=/data \
    TAYLORDASH_STATIC_DIR=/usr/local/share/taylordash/static
USER taylordash
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 CMD ["taylordash", "healthcheck"]
ENTRYPOINT ["taylordash"]
