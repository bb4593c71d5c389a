# What the official python3-debian13:nonroot offers, from the same distribution's packages.
FROM scratch AS root
ADD rootfs.tar /
# Debian makes the standard library's byte code when the package is installed. Checked by nothing at run time:
# the files never change in an image, and an unchecked pyc saves a stat per module.
RUN ["/usr/bin/python3.13", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "/usr/lib/python3.13"]

FROM scratch
COPY --from=root / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
WORKDIR /home/nonroot
