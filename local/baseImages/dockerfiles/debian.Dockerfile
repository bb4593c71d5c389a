# Debian with apt: its packages, unpacked outside, are installed by their own dpkg here. Docker is root enough
# for that, whoever runs it.
FROM scratch AS bootstrap
ADD rootfs.tar /
COPY debs /debs
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    DEBIAN_FRONTEND=noninteractive \
    DEBCONF_NONINTERACTIVE_SEEN=true
# All at once, so each package's dependencies are there, if not yet configured: hence --force-depends (with a
# page of warnings, told only where it fails) and the audit afterwards.
RUN { dpkg --install --force-depends /debs/*.deb > /dpkg.log 2>&1 || { tail -n 30 /dpkg.log; exit 1; }; } \
 && test -z "$(dpkg --audit)" \
 && rm -rf /debs /dpkg.log /var/log/* /var/cache/debconf/*-old /var/lib/dpkg/*-old

FROM scratch
COPY --from=bootstrap / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["bash"]
